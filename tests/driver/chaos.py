"""A sweep on three hosts, faults at random moments, and what must hold after each."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import time
from pathlib import Path

from tests.conftest import wait_for
from tests.driver.ray_hosts import NODES, OUR_END_S, RAY, RayHosts
from tests.support.patience import LONG
from tests.support.processes import Seen, lives

# What is killed -> the name of the process.
VICTIMS = {
    "driver": "fpray", "actor": "ray::RoleActor", "jvm": "java", "supervisor": "fpray-supervise",
    "raylet": "raylet", "head": "gcs_server", "twice": "fpray",
}  # fmt: skip


class Chaos:
    """A sweep on three hosts, faults at random moments, and what must hold after each."""

    # The most frequent ones are the cheapest to mend. A killed head or raylet is a machine that is started anew.
    KINDS = (
        "driver",
        "actor",
        "supervisor",
        "jvm",
        "actor",
        "supervisor",
        "jvm",
        "raylet",
        "head",
        "blink",
        "cut",
        "drain",
        "twice",
    )

    def __init__(self, site: RayHosts, directory: Path, trials: int, seed: int) -> None:
        self.site, self.directory, self.trials, self.seed = site, directory, trials, seed
        self.chance = random.Random(seed)
        self.crashes = 0
        self.log: list[str] = []
        self.sweep: subprocess.Popen[str] | None = None
        self.messages: list[str] = []

    def run(self, faults: int, *words: str) -> None:
        """The same command again and again, with so many faults; then without any until all has ended."""
        done = 0
        kinds = list(self.KINDS)
        self.chance.shuffle(kinds)
        while done < faults:
            if self._over():
                return
            self._start(*words)
            time.sleep(self.chance.uniform(0.1, 6))
            if self._over():
                return
            if self.sweep is None:  # the last fault ended it
                continue
            kind = kinds[done % len(kinds)]
            name = self.chance.choice(NODES[1:] if kind in ("raylet", "cut", "blink", "drain") else NODES)
            if self._strike(kind, "head" if kind in ("driver", "twice", "head") else name):
                done += 1
        for _ in range(6):
            if self._over():
                return
            self._start(*words)
            self._collect()
            if not self._left():
                return
        raise AssertionError(self.describe("the same command never came to an end"))

    def describe(self, what: str) -> str:
        """A sentence with all that is needed to see it again."""
        return f"{what} (FPRAY_TEST_SEED={self.seed}; {'; '.join(self.log)})\n" + "\n".join(self.messages)

    def _start(self, *words: str) -> None:
        if self.sweep is None or self.sweep.poll() is not None:
            if self.sweep is not None:
                self._collect()
            self.sweep = self.site.sweep(self.directory, *words)

    def _collect(self) -> None:
        assert self.sweep is not None
        try:
            out, messages = self.sweep.communicate(timeout=LONG)
        except subprocess.TimeoutExpired:
            raise AssertionError(self.describe("the sweep hangs")) from None
        self.messages.append(messages)
        assert "Traceback" not in messages + out, self.describe("a traceback")
        self.sweep = None

    def _over(self) -> bool:
        """Whether all has ended, and the sweep: the same command would begin another one."""
        if self.sweep is not None and self.sweep.poll() is not None:
            self._collect()
        return self.sweep is None and bool(self.messages) and not self._left()

    def _left(self) -> int:
        """How many trials of the grid have no end yet."""
        ends = [json.loads(path.read_text())["status"] for path in self.directory.glob("suites/*/[0-9]*/outcome.json")]
        return self.trials - sum(status not in ("lost", "interrupted") for status in ends)

    def _strike(self, kind: str, name: str) -> bool:
        """Do something bad, see that nothing outlives it, and mend it; whether there was something to do it to."""
        processes = self.site.hosts[name].processes_named(VICTIMS[kind]) if kind in VICTIMS else []
        if kind in VICTIMS and not processes:
            return False
        # What is to be gone: all of the driver's, or what runs on the machine.
        places = NODES if kind in ("driver", "twice", "head") else (name,)
        jvms = [jvm for place in places for jvm in self.site.jvms(place)]
        self.log.append(f"{kind} on {name}, {len(jvms)} JVMs")
        print(self.log[-1], flush=True)
        if kind in VICTIMS:
            victim = self.chance.choice(processes)
            self._kill(kind, victim)
        if kind in ("blink", "cut"):
            self.site.cable(name, "down")
        if kind == "blink":
            time.sleep(self.chance.uniform(0.5, 5))
            self.site.cable(name, "up")
        elif kind == "drain":
            self._drain(name)
        else:
            self._see_end(kind, name, [victim] if kind == "jvm" else jvms)
        self._mend(kind, name, jvms)
        return True

    def _kill(self, kind: str, victim: Seen) -> None:
        self.crashes += kind == "jvm"
        if kind == "twice":  # Ctrl-C, and once more: it leaves at once
            victim.send_signal(signal.SIGINT)
            time.sleep(self.chance.uniform(0.05, 1))
            victim.send_signal(signal.SIGINT)
        else:
            victim.kill()

    def _see_end(self, kind: str, name: str, jvms: list[Seen]) -> None:
        seconds = OUR_END_S if kind == "cut" else LONG
        try:
            wait_for(lambda: not any(map(lives, jvms)), seconds, f"end of what {kind} on {name} leaves")
        except AssertionError as error:
            raise AssertionError(self.describe(str(error))) from None

    def _mend(self, kind: str, name: str, jvms: list[Seen]) -> None:
        if kind == "cut":
            self.site.cable(name, "up")
        if kind in ("raylet", "cut", "drain"):
            self.site.reboot(name)
        if kind == "head":
            self._collect()  # a driver that was starting ends when Ray ends it
            names_head = "the head node of the Ray cluster at" in self.messages[-1]
            assert not jvms or names_head, self.describe("not a word of the head")
            self.site.reboot(*NODES)

    def _drain(self, name: str) -> None:
        """Take a machine away as a preemption does: with a warning, and then all at once."""
        address = self.site.hosts[name].address
        code = (
            "import ray; ray.init(address='auto', logging_level='ERROR'); nodes = ray.nodes();"
            f"print(*[n['NodeID'] for n in nodes if n['Alive'] and n['NodeManagerAddress'] == '{address}'])"
        )
        nodes = self.site.hosts["head"].run(*RAY, "python", "-c", code).stdout.split()
        words = [
            "--reason",
            "DRAIN_NODE_REASON_PREEMPTION",
            "--reason-message",
            "a test",
            "--deadline-remaining-seconds",
            "3",
        ]
        for node in nodes:
            self.site.hosts["head"].run(*RAY, "ray", "drain-node", "--node-id", node, *words)
        time.sleep(3)  # the cloud takes the machine away when its warning has passed
