"""In which functions the processes of a trial spend their time: recordings, stacks, and flame graphs."""
