"""What clients measured: their CSV files become Arrow tables, one Parquet file, and the numbers of a trial."""
