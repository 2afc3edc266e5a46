"""An Optuna sampler for one peak under bounds; it knows nothing of fpray."""
