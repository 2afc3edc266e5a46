"""A suite's results and rows as tables. Imports only `fpray.store` and `fpray.files`, so it needs no Ray."""

from fpray_analysis.tables import recorder, results

__all__ = ["recorder", "results"]
