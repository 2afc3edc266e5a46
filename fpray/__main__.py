"""`python -m fpray` is the `fpray` command."""

from __future__ import annotations

from fpray.cli.entry import main

main()
