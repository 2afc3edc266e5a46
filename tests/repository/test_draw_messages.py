"""The draw of messages shows each as a user sees it: a part stands in its whole message."""

from __future__ import annotations

import re

import pytest

from tests.repository.draw_messages import every_message
from tests.repository.message_parts import PARTS


@pytest.mark.heavy
def test_each_part_is_drawn_in_its_whole_message() -> None:
    places_and_texts = [message.split("\t") for message in every_message()]
    assert len(places_and_texts) > 500
    for part in PARTS:
        texts = [text for place, text in places_and_texts if place.startswith(f"{part.file}:")]
        matches = [text for text in texts if re.search(part.pattern.replace("^", ""), text)]
        assert matches, part
    assert not [text for _, text in places_and_texts if text.startswith(("to run the failed trials", ",", ";"))]
