"""A real browser in tests: Debian's Chromium without a window, driven through a pipe by its DevTools protocol.

No further package is needed for it: the protocol is JSON texts, each with a NUL behind it.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-extensions",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--remote-debugging-pipe",
)  # fmt: skip


def chromium() -> str | None:
    """The path of the browser; None if there is none."""
    return next((path for name in PROGRAMS if (path := shutil.which(name))), None)


class BrowserError(RuntimeError):
    """The browser has refused a command, or a script in the page has raised."""


class Page:
    """One page of a browser.

    Attributes:
        events: what the browser has reported so far: (method, parameters).
    """

    def __init__(self, commands: int, answers: int) -> None:
        """commands, answers: the file descriptors of both directions."""
        self._commands, self._answers = commands, answers
        self._rest, self._number, self._session = b"", 0, ""
        self.events: list[tuple[str, Mapping[str, Any]]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> Mapping[str, Any]:
        """The result of a command of the protocol.

        Raises:
            BrowserError: it is refused.
        """
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        message |= {"sessionId": self._session} if self._session else {}
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']}")
                result: Mapping[str, Any] = answer["result"]
                return result

    def _next(self) -> Mapping[str, Any]:
        while b"\0" not in self._rest:
            piece = os.read(self._answers, 1 << 20)
            if not piece:
                raise BrowserError("the browser has ended")
            self._rest += piece
        text, self._rest = self._rest.split(b"\0", 1)
        answer: Mapping[str, Any] = json.loads(text)
        if "method" in answer:
            self.events.append((answer["method"], answer.get("params", {})))
        return answer

    def open(self, file: Path) -> None:
        """Open a file, and wait until all of it is loaded."""
        self.events.clear()
        self.call("Page.navigate", url=file.absolute().as_uri())
        while not any(method == "Page.loadEventFired" for method, _ in self.events):
            self._next()

    def value(self, script: str) -> Any:
        """The value of an expression in the page; of a promise, what it comes to.

        Raises:
            BrowserError: it raises.
        """
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise BrowserError(str(answer["exceptionDetails"])[:2000])
        return answer["result"].get("value")

    def until(self, condition: str, seconds: float = 30) -> None:
        """Wait until an expression in the page is true.

        Raises:
            BrowserError: it does not become so.
        """
        script = (
            f"new Promise((done, failed) => {{ const end = performance.now() + {seconds * 1000};"
            f" (function look() {{ if ({condition}) done(); else if (performance.now() > end)"
            f" failed(new Error('never true')); else setTimeout(look, 20); }})(); }})"
        )
        self.value(script)

    def key(self, name: str, text: str = "") -> None:
        """Press and release a key, such as Tab, Enter or ArrowRight; text: what it types."""
        code = {"Enter": 13, "Tab": 9, "ArrowRight": 39, "ArrowLeft": 37, "Escape": 27, " ": 32}.get(name, 0)
        text = "\r" if name == "Enter" else text
        pair: dict[str, Any] = {"key": name, "windowsVirtualKeyCode": code}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **pair)
        self.call("Input.dispatchKeyEvent", type="keyUp", **pair)

    def look(self, width: int, height: int, *, scheme: str = "light", phone: bool = False) -> None:
        """Give the window a size in CSS pixels, and choose a colour scheme."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def picture(self, file: Path, *, whole: bool = False) -> None:
        """Write what is visible, or the whole page, as PNG."""
        data = self.call("Page.captureScreenshot", captureBeyondViewport=whole)["data"]
        file.write_bytes(base64.b64decode(data))

    def print(self, file: Path) -> None:
        """Write the page as PDF, as it is printed."""
        file.write_bytes(base64.b64decode(self.call("Page.printToPDF", printBackground=False)["data"]))

    def complaints(self) -> list[str]:
        """Errors of scripts, and what the Content-Security-Policy has refused."""
        errors = [p["exceptionDetails"]["text"] for m, p in self.events if m == "Runtime.exceptionThrown"]
        return errors + [p["entry"]["text"] for m, p in self.events if m == "Log.entryAdded"]

    def requests(self) -> list[str]:
        """What the page has asked for, without the file itself."""
        urls = [p["request"]["url"] for m, p in self.events if m == "Network.requestWillBeSent"]
        return [url for url in urls if not url.startswith("file:")]


@contextmanager
def browser(options: Sequence[str] = ()) -> Iterator[Page]:
    """A browser with one page, which ends with the block."""
    program = chromium()
    assert program is not None, "there is no browser"
    ours, theirs = os.pipe(), os.pipe()  # commands to it, and answers from it
    with tempfile.TemporaryDirectory(prefix="fpray-browser-") as profile:

        def wire() -> None:
            os.dup2(ours[0], 3)
            os.dup2(theirs[1], 4)

        # High numbers: dup2 would close what another pipe still needs.
        ours, theirs = _high(ours), _high(theirs)
        process = subprocess.Popen(
            [program, *_OPTIONS, *options, f"--user-data-dir={profile}", "about:blank"], preexec_fn=wire,
            close_fds=False, process_group=0, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        for end in (ours[0], theirs[1]):
            os.close(end)
        try:
            yield Page(ours[1], theirs[0])
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            for end in (ours[1], theirs[0]):
                os.close(end)


def _high(ends: tuple[int, int]) -> tuple[int, int]:
    """The same file descriptors, with numbers beyond those that the browser reads and writes."""
    import fcntl

    first, second = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 20) for end in ends)
    for end in ends:
        os.close(end)
    return first, second
