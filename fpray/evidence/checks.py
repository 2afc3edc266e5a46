"""Checks of a trial's figures: did the system serve, did clients give up, may the figures be believed?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from fpray.evidence.evidence import Check, ClientEvidence, Doubt, Evidence
from fpray.files.layout import stderr_file
from fpray.files.weighty_lines import telling
from fpray.plan.words import number_of

# What the jar's clients log, at log level warn or lower, when a loop had no answer by the timeout; they exit 0.
TIMED_OUT = "Client futures timed out!"
# Rows that end this share of the duration (at least so many seconds) before the planned end mean a stall.
STALL_SHARE, STALL_S = 0.1, 0.25
# Clients that measured together for less than this share of the duration began too far apart.
TOGETHER_SHARE = 0.5
# Throughput x mean latency of a closed loop must give the number of loops, within this.
LITTLE = (0.9, 1.1)
_SHOWN = 5  # lines of a log
_TRIAL_AGAIN = "the trial again: the same fpray command with --rerun and the trial's number"
_REPEAT = f"Run {_TRIAL_AGAIN}"
_REPEAT_LATER = f"When the machine is idle, run {_TRIAL_AGAIN}"
_REPEAT_ELSEWHERE = f"When that host is less busy, or on another machine, run {_TRIAL_AGAIN}"
# A machine is busy with something else if other processes use at least this share of its cores, and those of the trial
# wait for a core for this share of the time in which they have work: either alone harms nothing, or is the trial's own.
OTHERS_SHARE, WAITED_SHARE = 0.15, 0.1
STOLEN_SHARE = 0.05  # of its cores' time, by its host
CLOCK_SET_S, CLOCK_SET_SHARE = 0.05, 0.01  # at least so many seconds, and this share of the duration
HELD_BACK_SHARE = 0.05  # of the time slices of a limit of CPU time


def clients_gave_up(evidence: Evidence) -> Iterator[Doubt]:
    """Clients that waited for an answer until their timeout, or with rows that end long before the planned end.

    A client exits 0 whether or not it was answered, so its exit code says nothing: its rows and its log do.
    """
    if evidence.served is False:
        return
    gave_up = [doubt for client in evidence.clients if (doubt := _gave_up(evidence, client)) is not None]
    defects = [doubt for doubt in gave_up if doubt.defect]
    if not defects:
        yield from gave_up
        return
    first, *others = defects
    also = f"; the same is true of {', '.join(doubt.label for doubt in others)}" if others else ""
    yield replace(first, sentence=first.sentence + also)


def _gave_up(evidence: Evidence, client: ClientEvidence) -> Doubt | None:
    timeouts = [line for line in client.last_lines if TIMED_OUT in line]
    answered_s = evidence.duration_s
    if client.first_start_ns is not None and client.last_stop_ns is not None:
        answered_s = (client.last_stop_ns - client.first_start_ns) / 1e9 - evidence.warmup_s
    silent_s = evidence.duration_s - answered_s
    stalled = silent_s > max(STALL_S, STALL_SHARE * evidence.duration_s)
    if timeouts and evidence.holds_back and not stalled:
        sentence = (
            f"{client.label} waited for its last answers until its timeout. The cause is"
            f" {', '.join(evidence.holds_back)}: requests wait until more requests come, and at the end no more come."
            " This wait was after the measured time, so the numbers are right"
        )
        return Doubt(sentence, label=client.label, harmless=True)
    if timeouts:
        says = f"(the log of the client says: {TIMED_OUT}; for the cause, see the logs of the servers)"
        sentence = f"{client.label} gave up, because no server answered within the timeout of the client {says}"
        return Doubt(sentence, "gave-up", client.label, client.log, timeouts)
    if stalled and not evidence.grouped:
        # Above log level warn a client does not log that it gave up; its rows stop short of the planned end.
        sentence = (
            f"{client.label} received no answer from the servers in the last {silent_s:.1f} s of the"
            f" {evidence.duration_s:.1f} s in which it measured (for the cause, see the logs of the servers)"
        )
        return Doubt(sentence, "gave-up", client.label, client.log, telling(client.last_lines, _SHOWN))
    return None


def undecided(evidence: Evidence) -> Iterator[Doubt]:
    """Whether the system served cannot be decided."""
    if evidence.served is None:
        yield Doubt(
            f"it is not known whether the servers answered: only {evidence.requests} requests are recorded for"
            f" {evidence.loops} closed loops. A client records requests in groups, and does not record a group that is"
            f" not full, so up to {evidence.unrecorded} answered requests may be missing. Measure longer, such as"
            " --set duration=10s"
        )


def clients_apart(evidence: Evidence) -> Iterator[Doubt]:
    """The clients measured together for less than half of the duration: some began too late.

    A defect if too few requests were answered in that time, or if there is no such time: then nothing was measured,
    whatever unfinished measurement groups may hide.
    """
    if (sentence := _apart(evidence)) is not None:
        nothing = evidence.served is False or evidence.window_ns is None
        yield Doubt(sentence, "clients-apart" if nothing else None)


def unusable(evidence: Evidence) -> Iterator[Doubt]:
    """What a client recorded cannot be used: its file is missing, damaged, in another form, or in other units.

    Requests may have been answered all the same.
    """
    for client in evidence.clients:
        nothing_else = client.first_start_ns is None or evidence.served is False
        if client.unreadable or (client.unusable and nothing_else):
            no_result = client.unreadable or evidence.served is not True
            without = ", so the trial has no result" if no_result else ""
            look = f". Look at {stderr_file(client.label)} in the directory of the trial" if no_result else ""
            sentence = (
                f"the file of measurements of {client.label} cannot be used{without}:"
                f" {client.unusable.rstrip('.')}{look}"
            )
            yield Doubt(sentence, "unrecorded" if no_result else None, client.label)


def unreported(evidence: Evidence) -> Iterator[Doubt]:
    """Rows with labels that no result reports: with no other rows, the results are empty."""
    if not evidence.unreported:
        return
    most = sorted(evidence.unreported.items(), key=lambda item: -item[1])
    labels = ", ".join(f"{label} ({number_of(rows, 'row')})" for label, rows in most[:5])
    rows = sum(evidence.unreported.values())
    reports = f"the protocol's Python file declares {' and '.join(evidence.outputs) or 'rows without labels'}"
    if evidence.reported:
        yield Doubt(
            f"{rows} recorded rows do not count for a result: their labels are {labels}, but {reports}."
            " Correct the labels in the client or in that file, so that they agree"
        )
    else:
        yield Doubt(
            f"none of the recorded rows counts for a result: their labels are {labels}, but {reports}."
            " Correct the labels in the client or in that file, so that they agree",
            "unrecorded",
        )


def unserved(evidence: Evidence) -> Iterator[Doubt]:
    """Fewer requests were answered than there are loops, though the clients measured together."""
    if evidence.served is False and _apart(evidence) is None and not any(unusable(evidence)):
        silent = [client for client in evidence.clients if _gave_up(evidence, client) is not None]
        client = (silent or list(evidence.clients))[0]
        yield Doubt(
            f"{evidence.requests} requests were answered in the measured time, fewer than the {evidence.loops}"
            " that clients send at once: look at the logs of the servers in the directory of the trial",
            "unserved",
            client.label,
            client.log,
            telling(client.last_lines, _SHOWN),
        )


def littles_law(evidence: Evidence) -> Iterator[Doubt]:
    """Throughput x mean latency is not the number of closed loops, also with the clients' own time taken off."""
    law = evidence.littles_law
    if law is None:
        return
    own = evidence.own_s * evidence.requests / evidence.window_s / evidence.loops if evidence.window_s else 0.0
    if LITTLE[0] <= law <= LITTLE[1] or (law < 1 and law + own >= LITTLE[0]):
        return
    own_us = f"the {evidence.own_s * 1e6:.0f} us that a client itself spends on each request"
    with_own = f" ({law + own:.2f} times, if {own_us} are added to the latency)"
    reason = "Some loops did not run all the time, or the numbers are wrong"
    if law > 1:
        reason = (
            "More requests seem to be under way than there are loops, so the numbers are wrong (recorded warm-ups, or a"
            " clock that runs too fast)"
        )
    yield Doubt(
        "by Little's law, throughput x mean latency must be the number of closed loops (requests under way), but here"
        f" it is {law:.2f} times that number{with_own if own else ''}. {reason}. Measure longer, such as"
        " --set duration=10s"
    )


def busy_machines(evidence: Evidence) -> Iterator[Doubt]:
    """A machine was busy with something else while the clients measured."""
    for machine in evidence.machines:
        name, cores = f"machine {machine.host}", machine.cores
        if machine.stolen >= STOLEN_SHARE * cores:
            share = machine.stolen / cores
            yield Doubt(
                f"{name} is a virtual machine, and its host took {share:.0%} of its CPU time away for others"
                f" while the clients measured. {_REPEAT_ELSEWHERE}"
            )
        if machine.held_back >= HELD_BACK_SHARE:
            yield Doubt(
                f"{name} has a limit of CPU time (cpu.max of a container), which stopped its processes in"
                f" {machine.held_back:.0%} of its time slices while the clients measured. Raise that limit, such as"
                f" docker run --cpus. {_REPEAT}"
            )
        if machine.others >= OTHERS_SHARE * cores and machine.waited >= WAITED_SHARE:
            yield Doubt(
                f"{name} was busy with something else while the clients measured: other processes used"
                f" {machine.others:.1f} of its {cores} cores, and the trial's processes waited for a core for"
                f" {machine.waited:.0%} of the time in which they had work. {_REPEAT_LATER}"
            )


def odd_clocks(evidence: Evidence) -> Iterator[Doubt]:
    """A machine slept, or its wall clock was set, while clients measured: the measured time is by that clock."""
    least = max(CLOCK_SET_S, CLOCK_SET_SHARE * evidence.duration_s)
    for machine in evidence.machines:
        if machine.suspended_s >= CLOCK_SET_S:
            yield Doubt(
                f"machine {machine.host} was suspended for {machine.suspended_s:.1f} s while the clients measured: keep"
                f" it awake. {_REPEAT}"
            )
        if abs(machine.set_s) >= least:
            where = "forward" if machine.set_s > 0 else "back"
            yield Doubt(
                f"the wall clock of machine {machine.host} was set {where} by {abs(machine.set_s):.2f} s while the"
                f" clients measured, so the measured time is wrong by up to that. Check its time synchronization (NTP)."
                f" {_REPEAT}"
            )


# In the order in which an outcome lists what they say.
CHECKS: Sequence[Check] = (
    unusable,
    unreported,
    clients_gave_up,
    undecided,
    clients_apart,
    unserved,
    busy_machines,
    odd_clocks,
    littles_law,
)


def _apart(evidence: Evidence) -> str | None:
    begins = {client.label: client.first_start_ns for client in evidence.clients if client.first_start_ns is not None}
    together_s = evidence.window_s
    if len(begins) < 2 or together_s >= TOGETHER_SHARE * evidence.duration_s:
        return None
    first, last = min(begins, key=begins.__getitem__), max(begins, key=begins.__getitem__)
    return (
        f"the clients measured together for {together_s:.2f} of {evidence.duration_s:g} s: {last} began"
        f" {(begins[last] - begins[first]) / 1e9:.2f} s after {first}; their machines are too busy, or one"
        " warm-up took longer. Use less busy machines, or measure longer, so that this difference matters less, such"
        " as --set duration=10s"
    )
