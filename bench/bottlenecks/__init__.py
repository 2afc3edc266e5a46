"""How often the verdict of a trial is right: random constructions, and what their throughput says without each burn."""
