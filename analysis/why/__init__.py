"""Which role's addition moved the peak: steps between configurations that differ in one parameter only."""
