"""What can be doubted about a trial's figures: the checks that the trial itself and an analysis share. No Ray here."""
