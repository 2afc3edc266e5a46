"""The table of a paper: the peak of each series, its interval, and the peak under a bound."""
