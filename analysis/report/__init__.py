"""`fpray report`: suites as one HTML file that needs no other, and in which nothing of a suite is executed."""
