"""Where processes run: role actors on Ray nodes, local processes, and the keeper."""
