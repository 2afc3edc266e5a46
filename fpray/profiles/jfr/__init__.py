"""Reads recordings of JDK Flight Recorder (JFR), which is also a format of async-profiler, without a JDK."""
