"""Results for others: exported as tables and rows, and a whole suite as one archive that can be checked."""
