"""Python as it is on another operating system: without Ray, `fcntl`, `resource`, and /proc; run by the tests beside it.

python -m tests.analysis.bare CODE
"""

from __future__ import annotations

import sys
from typing import Any

MISSING = ("ray", "fcntl", "resource", "pwd", "grp", "termios")


def forbid(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse what is not there."""
    if event == "import" and arguments[0].partition(".")[0] in MISSING:
        raise ModuleNotFoundError(f"No module named {arguments[0]!r}", name=arguments[0])
    if event in ("open", "os.listdir", "os.scandir") and str(arguments[0]).startswith("/proc"):
        raise FileNotFoundError(arguments[0])


if __name__ == "__main__":
    for name in MISSING:
        sys.modules.pop(name, None)
    sys.addaudithook(forbid)
    exec(sys.argv[1])
