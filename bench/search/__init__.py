"""How many trials searches need, ours and general ones, on tasks with a known best."""
