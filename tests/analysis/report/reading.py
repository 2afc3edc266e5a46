"""What tests read of a report without a browser: its elements, and what its scripts would unpack."""

from __future__ import annotations

import base64
import gzip
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any


class ReadPage(HTMLParser):
    """The elements of a page.

    Attributes:
        elements: (name, attributes) of each.
        rows: the texts of the cells of each row of the table of trials.
        text: all text outside of scripts and styles.
    """

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.source = file.read_text(encoding="utf-8")
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.text = ""
        self._quiet = self._in_cell = False
        self._table = ""
        self.feed(self.source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.elements.append((tag, attributes))
        self._quiet = self._quiet or tag in ("script", "style")
        if tag == "table":
            self._table = attributes.get("id") or ""
        elif tag == "tr" and self._table:
            self.rows.append([])
        elif tag in ("td", "th") and self._table:
            self.rows[-1].append("")
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._quiet = False
        elif tag in ("td", "th"):
            self._in_cell = False

    def handle_data(self, data: str) -> None:
        if not self._quiet:
            self.text += data
            if self._in_cell and self._table:
                self.rows[-1][-1] += data

    def element(self, name: str, **attributes: str) -> dict[str, str | None]:
        """The attributes of the first element with a name and these attributes."""
        return next(own for tag, own in self.elements if tag == name and attributes.items() <= own.items())

    def details(self) -> list[list[dict[str, Any]]]:
        """The blocks of each trial."""
        packs = re.findall(r'class="details-data"[^>]*>([^<]*)<', self.source)
        return [trial for pack in packs for trial in json.loads(gzip.decompress(base64.b64decode(pack)))]

    def figures(self) -> list[dict[str, Any]]:
        """The charts."""
        match = re.search(r'id="figures-data">([^<]*)<', self.source)
        assert match is not None
        charts: list[dict[str, Any]] = json.loads(match[1])
        return charts
