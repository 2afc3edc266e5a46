"""An Optuna sampler for a goal with one peak, under bounds. It imports nothing else of fpray."""
