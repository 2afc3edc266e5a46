"""A report in a real browser: what it draws, how it is used, and that nothing of a suite runs in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.analysis.report.strange_suite import strange_suite
from tests.analysis.report.test_page import recorded, report
from tests.support.browser import Page

pytestmark = [pytest.mark.browser, pytest.mark.heavy]

READY = "document.documentElement.dataset.figures === 'ready'"


@pytest.fixture(scope="module")
def search(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("search") / "report.html"
    report(output, recorded("search"), recorded("sweep_with_a_crash"))
    return output


@pytest.fixture
def page(window: Page, search: Path) -> Page:
    """The report of a search and a sweep, as it is when all of it is drawn."""
    window.look(1280, 900)
    window.open(search)
    window.until(READY, 120)
    return window


def test_figures_are_drawn_without_a_complaint_and_without_a_network(page: Page) -> None:
    assert page.value("document.querySelectorAll('.plot .main-svg').length > 0")
    assert page.complaints() == []
    assert page.requests() == []


def test_the_page_is_painted_before_the_libraries_run(page: Page) -> None:
    """How soon, is measured by bench/report_page.py: a busy machine may take its time."""
    first = page.value("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    assert first < page.value("window.readyAfter")


def test_a_row_opens_by_the_keyboard(page: Page) -> None:
    page.value("document.querySelector('button.open').focus()")
    page.key("Enter")
    page.until("document.querySelector('.details .bar')")
    text = page.value("document.querySelector('.details').innerText")
    assert "Invalid initial heap size: -Xms100f" in text
    assert "preparing" in text
    assert page.value("document.querySelector('button.open').getAttribute('aria-expanded')") == "true"
    page.key("Enter")
    page.until("!document.querySelector('.details')")


def test_the_table_is_sorted_by_buttons(page: Page) -> None:
    numbers = "[...document.querySelectorAll('#table tbody tr')].map(r => r.cells[0].innerText.trim()).join()"
    assert page.value(numbers).startswith("002")
    head = "[...document.querySelectorAll('#table thead th')].find(h => h.innerText.includes('throughput'))"
    page.value(f"{head}.querySelector('button').focus()")
    for direction in ("ascending", "descending"):
        page.key("Enter")
        assert page.value(f"{head}.getAttribute('aria-sort')") == direction
    cell = "r.cells[r.cells.length - 3].dataset.order"
    values = page.value(f"[...document.querySelectorAll('#table tbody tr')].map(r => Number({cell}))")
    assert values == sorted(values, reverse=True)


def test_the_table_is_filtered(page: Page) -> None:
    count = "document.getElementById('count').textContent"
    assert page.value(count) == "6 trials"
    page.value("""(() => { const list = document.getElementById('filter-status'); list.value = 'crashed';
        list.dispatchEvent(new Event('input', {bubbles: true})); })()""")
    assert page.value(count) == "1 of 6 trials"
    page.value("document.querySelector('.filters button').click()")
    page.until(f"{count} === '6 trials'")
    page.value("document.getElementById('filter-text').focus()")
    page.call("Input.insertText", text="nothing like this")
    page.until(f"{count} === '0 of 6 trials'")


def test_a_point_has_values_and_leads_to_its_trials(page: Page) -> None:
    page.value("document.getElementById('figure-0').focus()")
    page.key("ArrowRight")
    page.until("document.querySelector('#figure-0 .hoverlayer .hovertext')")
    hover = page.value("document.querySelector('#figure-0 .hoverlayer').textContent")
    assert "Throughput (requests/s): " in hover
    behind = page.value("document.querySelector('.behind').innerText")
    assert "trial 001" in behind
    page.value("document.querySelector('.behind a').click()")
    page.until("document.querySelector('.details')")
    assert page.value("document.activeElement.className") == "open"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_it_without_scrolling_sideways(window: Page, search: Path, scheme: str) -> None:
    window.look(375, 812, scheme=scheme, phone=True)
    window.open(search)
    window.until(READY, 120)
    window.value("document.querySelector('button.open').click()")
    window.until("document.querySelector('.details')")
    assert window.value("document.documentElement.scrollWidth") <= 375
    colours = window.value("[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]")
    text, ground = (sum(map(int, colour[4:-1].split(", "))) for colour in colours)
    assert (text < ground) is (scheme == "light")


def test_it_is_read_without_scripts(window: Page, search: Path) -> None:
    window.look(1280, 900)
    window.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        window.open(search)
    finally:
        window.call("Emulation.setScriptExecutionDisabled", value=False)
    text = window.value("document.body.innerText")
    assert "Without JavaScript the table cannot be sorted" in text
    assert "The answer of the search" in text
    assert "crashed: server exited with 1" in text


def test_it_prints(page: Page, tmp_path: Path) -> None:
    page.print(tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes().count(b"/Type /Page\n") >= 2


def test_nothing_of_a_strange_suite_runs(window: Page, tmp_path: Path) -> None:
    output = tmp_path / "report.html"
    report(output, strange_suite(tmp_path))
    window.look(1280, 900)
    window.open(output)
    window.until(READY, 120)
    title = window.value("document.title")
    window.value("for (const b of [...document.querySelectorAll('button.open')]) b.click()")
    window.until("document.querySelectorAll('.details').length === 12")
    window.value("document.getElementById('figure-0')?.focus()")
    window.key("ArrowRight")
    window.value("for (const e of document.querySelectorAll('*')) e.dispatchEvent(new Event('mouseover'))")
    assert window.value("typeof window.hacked") == "undefined"
    assert window.value("document.title") == title
    assert window.value("getComputedStyle(document.body).display") == "block"
    strange = "main img, main iframe, main a[href]:not([href^='#'])"
    assert window.value(f'document.querySelectorAll("{strange}").length') == 0
    assert window.requests() == []
    assert window.complaints() == []
