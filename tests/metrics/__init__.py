"""Tests of monitored trials: the server beside them, the table of metrics, and the way back to Prometheus."""
