"""A flame graph in a real browser: what it draws, how it is used, and that nothing of a recording runs in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fpray.profiles.flame_graph import flame_graph
from fpray.profiles.stacks import Stacks
from tests.profiles.test_flame_graph import ATTACKS
from tests.support.browser import Page

pytestmark = [pytest.mark.browser, pytest.mark.heavy]

STACKS: Stacks = {
    ("main", "a.A.run", "b.B.call", "c.C.deep"): 60,
    ("main", "a.A.run", "b.B.other"): 25,
    ("netty-1", "d.D.read"): 14,
    ("netty-1", ATTACKS[0]): 1,
}
READY = "document.documentElement.dataset.graph === 'ready'"
BAR = "[...document.querySelectorAll('.bar')].find(b => b.getAttribute('aria-label').startsWith('{}:'))"


@pytest.fixture
def page(window: Page, tmp_path: Path) -> Page:
    file = tmp_path / "server_flame_graph.html"
    file.write_text(flame_graph("server", ["Samples."], {"server": STACKS}))
    window.look(1280, 900)
    window.open(file)
    window.until(READY)
    return window


def _width(page: Page, name: str) -> float:
    width: float = page.value(f"{BAR.format(name)}.getBoundingClientRect().width")
    return width


def _focus(page: Page) -> str:
    label: str = page.value("document.activeElement.getAttribute('aria-label') || ''")
    return label.partition(":")[0]


def test_bars_are_as_wide_as_their_shares(page: Page) -> None:
    whole = page.value("document.getElementById('graph').clientWidth")
    for name, share in (("all", 1.0), ("main", 0.85), ("b.B.call", 0.6), ("d.D.read", 0.14)):
        assert _width(page, name) == pytest.approx(share * whole, abs=1.5)
    assert page.complaints() == []
    assert page.requests() == []
    assert page.value("window.attack") is None


def test_a_click_zooms_and_a_button_shows_all(page: Page) -> None:
    page.value(f"{BAR.format('b.B.other')}.click()")
    whole = page.value("document.getElementById('graph').clientWidth")
    assert _width(page, "b.B.other") == pytest.approx(whole, abs=1.5)
    assert page.value(f"{BAR.format('d.D.read')} === undefined")
    page.value("document.getElementById('reset').click()")
    assert _width(page, "b.B.other") == pytest.approx(0.25 * whole, abs=1.5)


def test_it_is_used_by_the_keyboard(page: Page) -> None:
    page.value("document.querySelector('.bar[tabindex=\"0\"]').focus()")
    assert _focus(page) == "all"
    for key, name in (
        ("ArrowDown", "main"),
        ("ArrowRight", "netty-1"),
        ("ArrowLeft", "main"),
        ("ArrowDown", "a.A.run"),
    ):
        page.key(key)
        assert _focus(page) == name
    page.key("Enter")
    assert page.value("document.querySelectorAll('.bar.above').length") == 2
    assert "100.0 % of what is shown" in page.value("document.getElementById('detail').textContent")
    page.key("ArrowUp")
    assert _focus(page) == "main"
    page.key("Escape")
    assert page.value("document.querySelectorAll('.bar.above').length") == 0
    page.key("/", "/")
    assert page.value("document.activeElement.id") == "search"


def test_a_search_marks_and_adds_up(page: Page) -> None:
    page.value("document.getElementById('search').focus()")
    page.call("Input.insertText", text="B.B")
    page.until("document.querySelectorAll('.bar.match').length === 2")
    assert page.value("document.getElementById('matches').textContent") == "85.0 % of the samples"
    page.call("Input.insertText", text="xyz")
    page.until("document.getElementById('matches').textContent.startsWith('no function')")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_it_without_scrolling_sideways(page: Page, scheme: str) -> None:
    page.look(375, 812, scheme=scheme, phone=True)
    page.until("document.querySelector('.bar').getBoundingClientRect().width < 380")
    assert page.value("document.documentElement.scrollWidth") <= 375
    colours = page.value("[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]")
    text, ground = (sum(map(int, colour[4:-1].split(", "))) for colour in colours)
    assert (text < ground) is (scheme == "light")
