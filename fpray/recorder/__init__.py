"""What clients measured: recorder CSV files as Arrow tables, Parquet files, and numbers."""
