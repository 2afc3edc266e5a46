"""Many trials: the request, the main loop, and what listens to it."""
