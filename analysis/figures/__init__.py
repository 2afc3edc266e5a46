"""Figures of results: latency over throughput, throughput over a parameter, bars; each from a loaded suite."""

from fpray_analysis.figures.bar_chart import bars
from fpray_analysis.figures.latency_throughput import lt
from fpray_analysis.figures.scaling import scale

__all__ = ["bars", "lt", "scale"]
