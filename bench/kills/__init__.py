"""1,000 random kills of everything that a sweep consists of, and what is left, lost or unexplained after each."""
