"""What a bench that runs in pieces has done: a file with a line for each part, so the next piece goes on after them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).resolve().parent / "recorded"  # in the repository: the next piece may be on another machine


class Lines:
    """A file with a line of JSON for each part, by its number."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[int, dict[str, Any]]:
        """Number -> line; a piece of one, which a killed writer leaves at the end, is left out."""
        lines = {}
        if self.path.exists():
            for text in self.path.read_text().splitlines():
                try:
                    line = json.loads(text)
                except ValueError:
                    continue
                lines[line["number"]] = line
        return lines

    def add(self, line: dict[str, Any]) -> None:
        """Write a line, at once."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(line) + "\n"
        with self.path.open("a+b") as file:
            file.seek(0, os.SEEK_END)
            if file.tell():
                file.seek(-1, os.SEEK_END)
                text = text if file.read(1) == b"\n" else f"\n{text}"
            file.write(text.encode())
