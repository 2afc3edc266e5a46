"""Metrics of the roles: Prometheus beside a trial, the table that its series become, and the way back to Prometheus."""
