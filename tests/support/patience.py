"""How long a wait may take that is no promise of fpray's: nothing needs that many seconds, on a busy machine either."""

LONG = 240.0
