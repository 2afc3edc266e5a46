"""How long a wait may take that is no promise of fpray's: seconds that nothing needs on a machine that is merely busy."""

LONG = 240.0
