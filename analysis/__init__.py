"""What a suite says, as tables: reads the store and nothing else."""

from fpray_analysis.tables import recorder, results

__all__ = ["recorder", "results"]
