"""Figures of results, each from a loaded suite and on axes of yours."""

from fpray_analysis.figures.bar_chart import bars
from fpray_analysis.figures.distributions import ecdf, hdr
from fpray_analysis.figures.heat_map import heat
from fpray_analysis.figures.latency_throughput import lt
from fpray_analysis.figures.over_time import latency_over_time, throughput_over_time
from fpray_analysis.figures.scaling import scale
from fpray_analysis.figures.speedups import speedup

__all__ = ["bars", "ecdf", "hdr", "heat", "latency_over_time", "lt", "scale", "speedup", "throughput_over_time"]
