"""The search for the best configuration under bounds."""
