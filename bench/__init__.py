"""The measurements behind `make bench`: ratios and differences within one run, on whatever machine this is."""
