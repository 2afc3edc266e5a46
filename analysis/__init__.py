"""What a suite holds, as tables, and what follows from it. It reads stores of results, and needs no Ray."""

from fpray_analysis.load import load
from fpray_analysis.results import Results
from fpray_analysis.tables import recorder, results

__all__ = ["Results", "load", "recorder", "results"]
