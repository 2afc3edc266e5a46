"""What runs on a machine: role actors, their processes and files."""
