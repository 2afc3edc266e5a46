"""What shows that fpray does what it says; tests/README.md says which test is where."""
