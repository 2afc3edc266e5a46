"""What one kill is: its number and the seed alone decide victim, signal and moment."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass
from typing import Any

SEED, KILLS = 20261128, 1000


@dataclass(frozen=True)
class Phase:
    """A phase of a run: whether it belongs to its start or to the middle of trials, and how long it takes about.

    weight: how often kills fall into it, among those of its half.
    """

    starts: bool
    seconds: float
    weight: int
    of_jvms: bool


# In the order in which a run comes to them.
PHASES = {
    "command": Phase(True, 0.4, 3, False),  # options are checked
    "Ray starts": Phase(True, 2.5, 3, False),
    "actors start": Phase(True, 0.2, 2, False),  # until the first trial
    "servers start": Phase(True, 0.08, 2, True),
    "clients begin": Phase(True, 0.1, 2, True),
    "warm-up": Phase(False, 0.15, 3, True),
    "measuring": Phase(False, 0.3, 4, True),
    "stopping": Phase(False, 0.12, 3, True),  # clients have ended; until the outcome is written
}
ORDER = tuple(PHASES)
# Victim -> the first and the last phase in which there is such a process.
VICTIMS = {
    "driver": ("command", "stopping"),
    "Ray process": ("Ray starts", "stopping"),
    "gcs": ("Ray starts", "stopping"),
    "raylet": ("Ray starts", "stopping"),
    "agent": ("Ray starts", "stopping"),
    "actor": ("actors start", "stopping"),
    "supervisor": ("actors start", "stopping"),
    "server": ("servers start", "stopping"),
    "client": ("clients begin", "measuring"),
}
# How often each signal is sent, in percent. INT, TERM and HUP go to all: a person's `kill` can hit any process.
SIGNALS = ("KILL", "STOP", "INT", "TERM", "HUP")
_OFTEN = {"driver": (25, 15, 20, 20, 20), "supervisor": (30, 46, 8, 8, 8)}
_USUALLY = (40, 30, 10, 10, 10)
MULTIPAXOS_SHARE = 0.12


@dataclass(frozen=True)
class Case:
    """One kill.

    Attributes:
        times: how often INT, TERM or HUP is sent.
        within: where in the phase, as a share of its usual length.
        trials_before: so many trials of the run end before, if as many are left.
        pause_s: between STOP and CONT, or between the first signal and the second.
        meanwhile: what is killed while a supervisor is stopped: "driver", "actor" or nothing.
        resumed: whether a stopped process gets CONT; a stopped supervisor may get none.
        choice: which process, if there are several such, as a share of their number.
        multipaxos: whether a suite that begins with this kill is one of multipaxos.
    """

    number: int
    victim: str
    signal: str
    times: int
    phase: str
    within: float
    trials_before: int
    pause_s: float
    meanwhile: str
    resumed: bool
    choice: float
    multipaxos: bool

    @property
    def ends_the_attempt(self) -> bool:
        """Whether the trial that is under way cannot go on."""
        return self.signal == "KILL" and self.victim not in ("driver", "agent")

    @property
    def leaves_a_stopped_supervisor(self) -> bool:
        """Whether a supervisor stays stopped after its driver is gone."""
        return self.meanwhile == "driver" and not self.resumed

    def to_json(self) -> dict[str, Any]:
        """The case as the line of a kill records it."""
        return asdict(self)

    def in_words(self) -> str:
        """The case in words, such as `413: TERM twice to driver, warm-up`."""
        more = f", {self.meanwhile} killed meanwhile" if self.meanwhile else ""
        more += "" if self.resumed or self.signal != "STOP" else ", no CONT"
        return f"{self.number}: {self.signal}{' twice' * (self.times > 1)} to {self.victim}, {self.phase}{more}"


def case_of(number: int, seed: int = SEED) -> Case:
    """The kill of a number, from 1. Of every 20 each victim has one in start-up and one in mid-trial, a driver two."""
    cells = [(victim, starts) for victim in (*VICTIMS, "driver") for starts in (True, False)]
    block, place = divmod(number - 1, len(cells))
    victim, starts = random.Random(f"{seed} block {block}").sample(cells, len(cells))[place]
    rng = random.Random(f"{seed} case {number}")
    first, last = (ORDER.index(phase) for phase in VICTIMS[victim])
    phases = [name for name in ORDER[first : last + 1] if PHASES[name].starts == starts]
    (phase,) = rng.choices(phases, [PHASES[name].weight for name in phases])
    (signal,) = rng.choices(SIGNALS, _OFTEN.get(victim, _USUALLY))
    twice, within, before = rng.random() < 0.5, rng.random(), rng.choice((0, 1, 1, 2))
    within *= 0.4 if (victim, phase) == ("server", "stopping") else 1  # it ends early in this phase
    stop = rng.uniform(0.1, 4.0)
    pause_s = rng.uniform(0.01, 1.0)
    meanwhile, resumed = rng.choice(("driver", "driver", "actor", "actor", "")), rng.random() < 0.5
    meanwhile = meanwhile if (victim, signal) == ("supervisor", "STOP") else ""
    return Case(
        number, victim, signal,
        times=2 if twice and signal in ("INT", "TERM", "HUP") else 1,
        phase=phase, within=within, trials_before=0 if starts else before,
        pause_s=round(stop if signal == "STOP" else pause_s, 3),
        meanwhile=meanwhile, resumed=resumed or not meanwhile,
        choice=rng.random(), multipaxos=rng.random() < MULTIPAXOS_SHARE,
    )  # fmt: skip


def one_of_each_victim(seed: int = SEED) -> list[Case]:
    """A short part: the first kill of each kind of victim, by a signal that not all have."""
    cases_by_victim: dict[str, Case] = {}
    signals: set[str] = set()
    for case in (case_of(number, seed) for number in range(1, KILLS + 1)):
        if case.victim not in cases_by_victim and (case.signal not in signals or len(signals) == len(SIGNALS)):
            cases_by_victim[case.victim] = case
            signals.add(case.signal)
    return sorted(cases_by_victim.values(), key=lambda case: case.number)
