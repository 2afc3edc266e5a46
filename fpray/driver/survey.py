"""What the machines of a run are, asked once before its first trial; and the jar on each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from fpray.cluster.jar_transfer import provide_jar
from fpray.errors import Cause, Problem, refuse_if_any
from fpray.jar.provenance import of_driver
from fpray.node.fact_types import MachineFacts
from fpray.node.facts import java_fails
from fpray.plan.capacity import heap_problems
from fpray.plan.placement import place
from fpray.plan.plan import Trial
from fpray.store.suite_record import RunRecord
from fpray.store.trial_directory import now
from fpray.trial.context import TrialContext


def survey(command: str, context: TrialContext, waiting: Sequence[Trial[Any]], say: Callable[[str], None]) -> RunRecord:
    """Wake the role actors of the first trial, and return what `suite.json` keeps of this run and its machines.

    Raises:
        Refused: a machine has no Java, or one that does not run; or less memory than a trial's heaps there.
    """
    first, cluster = waiting[0], context.allocator.cluster
    for instance in place(first.protocol, first.params, cluster):
        context.machines.agent(instance.role, instance.host)  # in the background: the first trial waits for less
    role = first.protocol.clients()[0].name
    facts = context.machines.facts(cluster.addresses(), role, context.java)
    for host in cluster.addresses():
        if host not in facts:
            say(f"note: machine {host} does not answer; until it does, trials run on the other machines")
    for host, of_host in facts.items():
        for orphan in of_host.get("left_behind", ()):
            say(f"note: machine {host}: {orphan} of an earlier, killed sweep was stopped")
    for line in _which_java(facts):
        say(line)
    refuse_if_any([*_java_problems(context.java, facts), *_heap_problems(context, waiting, facts)])
    return {
        "started": now(),
        "provenance": of_driver(context.jar, command, context.java),
        "ray": {"address": context.machines.address or "embedded", "version": version("ray")},
        "jar_sent_to": provide_jar(context.machines, list(facts), role, context.jar, context.scratch),
        "machines": facts,
    }


def _which_java(facts: Mapping[str, MachineFacts]) -> list[str]:
    """A line for each java of JAVA_HOME that is used in place of another in PATH."""
    both = [(str(f["java"]), f["java_in_path"], host) for host, f in facts.items() if f.get("java_in_path")]
    hosts: dict[tuple[str, str], list[str]] = {}
    for java, other, host in both:
        hosts.setdefault((java, other), []).append(host)
    return [
        (
            f"note: {java} of JAVA_HOME is used as java{_on(some, len(facts))}. PATH has another, {other}: to"
            f" use that one, add --java {other}"
        )
        for (java, other), some in hosts.items()
    ]


def _on(hosts: Sequence[str], of: int) -> str:
    return "" if len(hosts) == of else f" on {', '.join(hosts)}"


def _java_problems(java: str, facts: Mapping[str, MachineFacts]) -> list[Problem]:
    problems = []
    for host, of_host in facts.items():
        if of_host["java"] is None:
            sentence = (
                f"there is no such program on machine {host}: install a JDK 17 there, or write its path, such"
                " as --java /opt/jdk17/bin/java"
            )
            if " -" in java:
                sentence += ". Arguments of the JVM are written with --jvm-arg, such as --jvm-arg server:-Xmx1g"
            problems.append(Problem(f"--java {java}", sentence, Cause.JAVA))
    for host, of_host in facts.items():
        if of_host["java"] is not None and java_fails(of_host):
            sentence = (
                f"does not work on machine {host}: correct --java, or install a JRE or JDK 17 there. This program"
                f" {of_host['jvm']}"
            )
            problems.append(Problem(f"--java {java}", sentence, Cause.JAVA))
    return problems


def _heap_problems(
    context: TrialContext, waiting: Sequence[Trial[Any]], facts: Mapping[str, MachineFacts]
) -> list[Problem]:
    points = [trial.params for trial in waiting]
    memory = {host: of_host["memory_bytes"] for host, of_host in facts.items()}
    return heap_problems(
        waiting[0].protocol, points, context.allocator.cluster, memory, context.allocator.kinds.equivalents
    )
