"""What users are shown: sweeps that run, suites on disk, and what can be run."""
