"""Searches: goals and bounds over a space, an Optuna study underneath, a sampler that knows closed loops."""
