"""Generated input for each reader of what comes from outside: from valid input, by mutation of type, size and bytes."""
