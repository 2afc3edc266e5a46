"""The limit of waits that test no promise about time: longer than anything takes, even on a busy machine."""

LONG = 240.0
