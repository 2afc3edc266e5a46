"""Compares suites: pairs of points, the ratio of each figure with an interval, a verdict, and what differs beside."""

from fpray_analysis.comparison.comparison import Comparison, Estimate, Pair, Unpaired
from fpray_analysis.comparison.run import compare

__all__ = ["Comparison", "Estimate", "Pair", "Unpaired", "compare"]
