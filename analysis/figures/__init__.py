"""Figures of results, each from a loaded suite: latency over throughput, over a parameter, bars, a trial over time."""

from fpray_analysis.figures.bar_chart import bars
from fpray_analysis.figures.latency_throughput import lt
from fpray_analysis.figures.over_time import latency_over_time, throughput_over_time
from fpray_analysis.figures.scaling import scale

__all__ = ["bars", "latency_over_time", "lt", "scale", "throughput_over_time"]
