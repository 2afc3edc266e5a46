"""The files of a suite: their names, and the one way in which they are written."""
