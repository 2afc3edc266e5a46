"""An Optuna sampler for one peak under bounds. It imports nothing of fpray."""
