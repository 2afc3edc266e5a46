"""A program in place of java that plays FrankenPaxos's mains which the reference jar lacks.

It listens where its plan says, and does what `play.json` beside it says of its label. Clients record an answer every
10 ms.
"""

from __future__ import annotations

import datetime
import json
import os
import socket
import stat
import sys
import time
import zipfile
from pathlib import Path
from typing import Any


def install(directory: Path, mains: list[str], *, labels: bool = True, **play: Any) -> tuple[str, ...]:
    """Put it into a directory, with a jar of main classes; the words of a sweep that runs with both.

    labels: whether rows have labels.
    play: label -> what its process does: `late` (in the first attempt it listens so many seconds after all others of
    its stage), `dies` (exit 1 when the driver says so; clients wait for that).
    """
    java, jar = directory / "java", directory / "fake.jar"
    java.write_text(f"#!{sys.executable}\n{Path(__file__).read_text()}")
    java.chmod(java.stat().st_mode | stat.S_IXUSR)
    (directory / "play.json").write_text(json.dumps(play))
    (directory / "labels.json").write_text(json.dumps(labels))
    with zipfile.ZipFile(jar, "w") as file:
        for main in mains:
            file.writestr(main.replace(".", "/") + ".class", b"")
    return ("--java", str(java), "--jar", str(jar))


def _main() -> None:
    if "-version" in sys.argv:
        print("openjdk version fake", file=sys.stderr)
        return
    (me,) = [p for p in json.loads(Path("plan.json").read_text())["processes"] if p["argv"][1:] == sys.argv[1:]]
    plays = json.loads(Path(sys.argv[0]).with_name("play.json").read_text())
    play = plays.get(me["label"], {})
    _meet(me)
    if "late" in play and not Path("../again").exists():
        Path("../again").touch()
        _wait_for_others(me)
        time.sleep(play["late"])
    sockets = [socket.create_server((me["host"], port)) for port in me["endpoints"].values()]
    if me["kind"] == "client":
        while any(other.get("dies") for other in plays.values()) and not _is_dead():
            time.sleep(0.02)
        _record(me["label"], json.loads(Path(sys.argv[0]).with_name("labels.json").read_text()))
        return
    if me["kind"] == "driver":
        Path("../die").touch()
    while not (play.get("dies") and Path("../die").exists()):
        time.sleep(0.02)
    del sockets
    Path("../dead.new").write_text(str(os.getpid()))
    Path("../dead.new").rename("../dead")
    sys.exit(1)


def _is_dead() -> bool:
    """Whether the process that dies is gone, and the supervisor has reaped it."""
    return Path("../dead").exists() and not Path("/proc", Path("../dead").read_text()).exists()


def _meet(me: dict[str, Any]) -> None:
    """Wait until all of this stage have started, so that all listen at the same time."""
    Path(f"{me['label']}_is_up").touch()
    stage = [p["label"] for p in json.loads(Path("plan.json").read_text())["processes"] if p["stage"] == me["stage"]]
    while not all(Path(f"{label}_is_up").exists() for label in stage):
        time.sleep(0.02)


def _wait_for_others(me: dict[str, Any]) -> None:
    others = [p for p in json.loads(Path("plan.json").read_text())["processes"] if p["label"] != me["label"]]
    for other in others:
        for port in other["endpoints"].values() if other["stage"] == me["stage"] else ():
            while _closed(other["host"], port):
                time.sleep(0.02)


def _closed(host: str, port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) != 0


def _record(label: str, labels: bool) -> None:
    started = datetime.datetime.now(datetime.UTC)
    time.sleep(1)
    with Path(f"{label}_data.csv").open("w") as file:
        file.write(f"start,stop,{'count,latency_nanos,label' if labels else 'latency_nanos,host,port'}\n")
        for i in range(100):
            start, stop = (started + datetime.timedelta(milliseconds=10 * n) for n in (i, i + 1))
            row = [f"{t:%Y-%m-%dT%H:%M:%S.%f}Z" for t in (start, stop)]
            row += ["1", "10000000", "write"] if labels else ["10000000", "127.0.0.1", "1"]
            file.write(",".join(row) + "\n")


if __name__ == "__main__":
    _main()
