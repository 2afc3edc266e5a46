"""The arguments of JVMs that record themselves, which are the same for all JDKs, and which JDKs cannot."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from fpray.profiles.flight_recorder import recording_arguments, settings, why_no_recording
from fpray.study.registry import protocols
from tests.conftest import cli

# Of the tool references (`java`, "Advanced Runtime Options" and "Flight Recorder") of JDK 8u262, 11, 17, 21 and 25.
DOCUMENTED = {
    "-XX:StartFlightRecording": {"name", "filename", "settings", "dumponexit"},
    "-XX:FlightRecorderOptions": {"repository", "stackdepth"},
}
FLAGS = {"-XX:+IgnoreUnrecognizedVMOptions", "-XX:+UnlockDiagnosticVMOptions", "-XX:+DebugNonSafepoints"}


def test_all_jdks_document_these_arguments() -> None:
    for argument in recording_arguments("acceptor_1"):
        name, _, options = argument.partition("=")
        if options:
            assert {option.partition("=")[0] for option in options.split(",")} <= DOCUMENTED[name]
        else:
            assert argument in FLAGS
    order = list(recording_arguments("x"))
    assert order.index("-XX:+UnlockDiagnosticVMOptions") < order.index("-XX:+DebugNonSafepoints")


def test_each_process_has_files_of_its_own() -> None:
    texts = [" ".join(recording_arguments(label)) for label in ("a_0", "a_1")]
    assert all(
        f"{name}.jfr" in text and f"{name}_jfr" in text for name, text in zip(("a_0", "a_1"), texts, strict=True)
    )
    assert "/" not in texts[0], "a comma of a directory would part the options"


@pytest.mark.parametrize(
    ("version", "sentence"),
    [
        ('java version "1.8.0_202"; Java(TM) SE', "JDK 8u202, and JDK 8 has Flight Recorder from 8u262 on"),
        ('openjdk version "1.8.0_252"', "8u252"),
        ('openjdk version "1.8.0_262"', ""),
        ('openjdk version "1.8.0_412"; OpenJDK Runtime Environment', ""),
        ('java version "9.0.4"', "JDK 9"),
        ('openjdk version "10.0.2" 2018-07-17', "JDK 10"),
        ('openjdk version "11.0.22" 2024-01-16', ""),
        ('openjdk version "17.0.15" 2025-04-15', ""),
        ('openjdk version "21" 2023-09-19', ""),
        ('openjdk version "25.0.3" 2026-04-21 LTS', ""),
        ("something else", ""),
        ("", ""),
    ],
)
def test_a_jdk_that_cannot_is_named(version: str, sentence: str) -> None:
    why = why_no_recording(version)
    assert (sentence in why) if sentence else why == ""


def test_nothing_but_samples_is_recorded() -> None:
    """Among other events is the environment, which may have secrets in it."""
    events = {event.attrib["name"]: event.findtext("setting") for event in ElementTree.fromstring(settings())}
    assert {name for name, value in events.items() if value == "true"} == {
        "jdk.ExecutionSample", "jdk.NativeMethodSample",
    }  # fmt: skip
    assert events["jdk.InitialEnvironmentVariable"] == events["jdk.SystemProcess"] == "false"
    assert len(events) > 200


@pytest.mark.parametrize("protocol", sorted(protocols()))
def test_every_process_of_every_protocol_is_profiled(protocol: str) -> None:
    done = cli("plan", protocol, "-p", "--json", "--only", "1")
    assert done.exit_code == 0, done.stderr
    (plan,) = json.loads(done.stdout)
    assert "fpray.jfc" in plan["files"]
    for process in plan["processes"]:
        assert f"filename={process['label']}.jfr," in " ".join(process["argv"])
        assert process["argv"].index("-cp") > 5


def test_nothing_of_it_is_in_a_plan_that_is_not_profiled() -> None:
    for words in ((), ("-p", "--profiler", "async=/lib.so")):
        plans = json.loads(cli("plan", "unreplicated", "--json", *words).stdout)
        assert not [plan for plan in plans if "Flight" in json.dumps(plan) or "fpray.jfc" in plan["files"]]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--profiler", "async=/x.so"), "--profiler has no effect without -p/--profile: add that, or remove it"),
        (("-p", "--profiler", "asinc=/x.so"), "--profiler asinc=/x.so must be jfr, or async=PATH"),
        (("-p", "--profiler", "async="), "must be jfr, or async=PATH"),
    ],
)
def test_a_profiler_that_is_none_is_refused(words: tuple[str, ...], sentence: str) -> None:
    done = cli("plan", "unreplicated", *words)
    assert done.exit_code == 2
    assert sentence in done.stderr


@pytest.mark.parametrize("words", [("-p",), ("--set", "profiled=true"), ("--space", "profiled=true,false")])
def test_a_search_is_not_profiled(words: tuple[str, ...]) -> None:
    space = ("--space", "num_clients_per_proc=1..10")
    done = cli("search", "unreplicated", "--maximize", "measured.throughput", *space, *words, "--dry-run")
    assert done.exit_code == 2
    assert "profiling changes the figures that a search compares" in done.stderr
