"""What can be doubted about a trial's figures: checks over plain values."""
