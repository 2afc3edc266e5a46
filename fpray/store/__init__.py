"""The suite directory: its trials, their outcomes, the tables of results, and the lock."""
