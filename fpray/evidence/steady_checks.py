"""Checks of what a trial's rows say over time, and of how many requests stand behind its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fpray.evidence.evidence import Check, Doubt, Evidence
from fpray.plan.words import number_of

# A client serves all of its loops with one thread, so it can use one core, and little more.
SATURATED_CORES = 0.9
LINEARIZABLE = "linearizable"  # the consistency of reads that return the newest value
CLOCKS_APART_MS = 2.0  # at least so much, whatever the messages that compared the clocks took


def not_steady(evidence: Evidence) -> Iterator[Doubt]:
    """The throughput changed while clients measured: a stall, a warm-up that was too short, a drift."""
    steady = evidence.steadiness
    if steady is None:
        return
    if steady.stalled_s:
        yield Doubt(
            f"nearly no request was answered for {steady.stalled_s:.2f} s, from {steady.stalled_at_s:.2f} s after the"
            " clients began to measure. For the cause, see the logs of the servers"
        )
    if steady.warmup_s:
        change = f"{'rose' if steady.warmup_change > 0 else 'fell'} by {_percent(steady.warmup_change)}"
        yield Doubt(
            f"the warm-up was too short: the throughput {change} until {steady.warmup_s:.1f} s after the clients began"
            f" to measure. After that, it was {steady.settled_throughput:.0f} requests/s. Use a longer warm-up, such"
            f" as --set warmup_duration={_more_seconds(evidence.before_s + steady.warmup_s)}s"
        )
    if steady.drift:
        after = " after the warm-up" if steady.warmup_s else ""
        yield Doubt(
            f"the throughput {'rose' if steady.drift > 0 else 'fell'} by {_percent(steady.drift)} from the beginning to"
            f" the end of the measured time{after}, and that is more than chance does. Measure longer, or find what"
            " changes, such as a disk that fills or a log that grows"
        )


def one_client_far(evidence: Evidence) -> Iterator[Doubt]:
    """One client has a much higher latency than the others."""
    steady = evidence.steadiness
    if steady is not None and steady.far:
        yield Doubt(
            f"the mean latency of {steady.far} is {steady.far_ratio:.2f} times that of the other clients. Its machine"
            " may be slower, busy, or farther from the servers",
            label=steady.far,
        )


def saturated_clients(evidence: Evidence) -> Iterator[Doubt]:
    """A client used all of the core that it can use, or clients a whole machine: they may limit the throughput."""
    cores = {label: use for machine in evidence.machines for label, use in machine.clients.items()}
    busy = [label for label, use in cores.items() if use >= SATURATED_CORES]
    if busy:
        most = max(busy, key=cores.__getitem__)
        others = f" (and so did {number_of(len(busy) - 1, 'other client')})" if busy[1:] else ""
        yield Doubt(
            f"{most} used {cores[most]:.0%} of a core{others}. A client serves all of its loops with one thread, so the"
            " client may be what limits the throughput, and its own time is part of each latency. Use more client"
            " processes with fewer loops: --set num_client_procs=N",
            label=most,
        )
    for machine in evidence.machines:
        total = sum(machine.clients.values())
        if total >= SATURATED_CORES * machine.cores and not any(label in busy for label in machine.clients):
            yield Doubt(
                f"the clients on machine {machine.host} used {total:.1f} of its {machine.cores} cores, so they may be"
                " what limits the throughput. Use more machines for clients"
            )


def clocks_apart(evidence: Evidence) -> Iterator[Doubt]:
    """The wall clocks of two machines with clients differ."""
    bounds = {machine.host: machine.clock_ms for machine in evidence.machines if machine.clock_ms is not None}
    if len(bounds) < 2:
        return
    late, early = max(bounds, key=lambda host: bounds[host][0]), min(bounds, key=lambda host: bounds[host][1])
    least_ms, most_ms = bounds[late][0] - bounds[early][1], bounds[late][1] - bounds[early][0]
    if least_ms >= CLOCKS_APART_MS:
        yield Doubt(
            f"the wall clock of machine {late} is {least_ms:.1f} to {most_ms:.1f} ms ahead of that of machine {early},"
            " so the rows of their clients are placed wrongly in time by as much. Check their time synchronization"
            " (NTP)"
        )


def group_means(evidence: Evidence) -> Iterator[Doubt]:
    """A row stands for several requests, so quantiles of rows are none of requests."""
    if evidence.largest_count > 1:
        single = (
            "use --set measurement_group_size=1"
            if evidence.grouped
            else "change the clients so that they write a row for each request"
        )
        yield Doubt(
            f"each latency that a client recorded is the mean of up to {evidence.largest_count} requests. So the"
            " quantiles in FrankenPaxos's columns (latency.p99_ms and others) are quantiles of these means, which are"
            f" nearer to the mean than those of single requests. For single requests, {single}"
        )


def few_samples(evidence: Evidence) -> Iterator[Doubt]:
    """Too few requests for a quantile."""
    if evidence.thin:
        needs = ", ".join(f"{column} (needs {count})" for column, count in evidence.thin.items())
        yield Doubt(
            f"{evidence.requests} requests are too few for an interval of these quantiles: {needs}. fpray plot does not"
            " draw them. Measure longer, such as --set duration=10s"
        )


def weak_reads(evidence: Evidence) -> Iterator[Doubt]:
    """Reads that may return an older value must not be compared with reads that may not."""
    if evidence.weak_reads:
        yield Doubt(
            f"the reads are {evidence.weak_reads}, not linearizable: they may return an older value. Compare them only"
            " with reads of the same consistency"
        )


STEADY_CHECKS: Sequence[Check] = (
    saturated_clients,
    not_steady,
    one_client_far,
    clocks_apart,
    group_means,
    few_samples,
    weak_reads,
)
# Those that need nothing but rows and parameters, so that they judge trials that were run by others as well.
ROW_CHECKS: Sequence[Check] = (not_steady, one_client_far, group_means, few_samples, weak_reads)


def _percent(share: float) -> str:
    return f"{abs(share):.0%}"


def _more_seconds(seconds: float) -> int:
    """A round number of seconds that is enough."""
    return int(seconds) + 2
