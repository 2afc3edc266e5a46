"""The suite directory: outcomes, results, and every file name."""
