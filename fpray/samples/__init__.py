"""What machines and processes did while clients measured, once a second, and what limits a trial by that."""
