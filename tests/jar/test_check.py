"""`fpray protocols --check`: jars that accept other flags than they are given, in the words of scopt."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from fpray.node.supervisor.procfs import read_entry
from tests.conftest import cli, wait_for
from tests.support.patience import LONG

SERVER, CLIENT = "frankenpaxos.unreplicated.ServerMain", "frankenpaxos.unreplicated.ClientMain"
MAINS = json.loads((Path(__file__).parents[1] / "data" / "mains.json").read_text())["mains"]
# Says what scopt 3.7.0 says: two columns, a problem in each line; usage on error where a main has no --help.
SCOPT = """
package frankenpaxos.unreplicated;
import java.util.*;
public class %(name)s {
    static final List<String> REQUIRED = Arrays.asList(%(required)s), OPTIONAL = Arrays.asList(%(optional)s);
    static boolean wrong = false;
    static void error(String what) { wrong = true; System.err.println("Error: " + what); }
    static void usage(java.io.PrintStream to) {
        to.println("Usage: [options]\\n");
        if (%(help)s) to.println("  --help                   ");
        for (String f : REQUIRED) to.println(String.format("  %%-25s", f + " <value>"));
        for (String f : OPTIONAL) {
            to.println("  -i, " + f + " <value>");
            to.println("                           -1 to disable, see --nothing");
        }
    }
    public static void main(String[] words) throws Exception {
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < words.length; i++) {
            if (%(help)s && words[i].equals("--help")) { usage(System.out); System.exit(0); }
            if (REQUIRED.contains(words[i]) || OPTIONAL.contains(words[i])) {
                String flag = words[i++];
                seen.add(flag);
                if (words[i].equals(%(refused)s))
                    error("Option " + flag + " failed when given '" + words[i] + "'. Foo is not one of A, B.");
            } else {
                error("Unknown " + (words[i].startsWith("--") ? "option " + words[i] : "argument '" + words[i] + "'"));
            }
        }
        for (String f : REQUIRED) if (!seen.contains(f)) error("Missing option " + f);
        if (wrong && %(help)s) System.err.println("Try --help for more information.");
        if (wrong && !%(help)s) usage(System.err);
        if (wrong) throw new IllegalArgumentException("Could not parse flags.");
        throw new IllegalStateException("would serve");
    }
}
"""
ONLY = """
package frankenpaxos.unreplicated;
public class %s { public static void main(String[] words) throws Exception { %s } }
"""
BIND = """
for (int i = 0; i < words.length; i++)
    if (words[i].equals("--host"))
        try {
            new java.net.ServerSocket(0, 1, java.net.InetAddress.getByName(words[i + 1]));
            System.out.println("SERVES");
        } catch (java.net.BindException e) {
            System.out.println("cannot bind");
        }
"""


def _main(main: str, *, help_: bool, more: tuple[str, ...] = (), less: tuple[str, ...] = (), refused: str = "") -> str:
    flags: dict[str, bool] = {f: r for f, r in MAINS[main].items() if f not in less} | dict.fromkeys(more, True)
    texts = {
        is_required: ", ".join(f'"{f}"' for f, r in flags.items() if r is is_required) for is_required in (True, False)
    }
    words = {"required": texts[True], "optional": texts[False], "help": str(help_).lower()}
    return SCOPT % (words | {"name": main.rpartition(".")[2], "refused": json.dumps(refused)})


def _jar(directory: Path, *sources: str) -> str:
    paths = []
    for source in sources:
        name = source.partition("class ")[2].split()[0]
        paths.append(directory / f"{name}.java")
        paths[-1].write_text(source)
    subprocess.run(["javac", "-d", str(directory / "classes"), *map(str, paths)], check=True)
    with zipfile.ZipFile(directory / "fork.jar", "w") as jar:
        for file in (directory / "classes").rglob("*.class"):
            jar.write(file, file.relative_to(directory / "classes"))
    return str(directory / "fork.jar")


@pytest.mark.jvm
def test_the_reference_jar_fits() -> None:
    done = cli("protocols", "--check", "reference", "unreplicated", "multipaxos")
    assert done.exit_code == 0, done.output
    assert "multipaxos    8 main classes, all as fpray expects them" in done.stdout
    assert "2 of 2 protocols fit this jar · 10 main classes checked in " in done.stdout


@pytest.mark.jvm
def test_a_jar_like_frankenpaxos_fits_and_the_protocols_that_it_lacks_are_no_fault(tmp_path: Path) -> None:
    jar = _jar(tmp_path, _main(SERVER, help_=True), _main(CLIENT, help_=False))
    done = cli("protocols", "--check", jar)
    assert done.exit_code == 0, done.output
    assert "2 main classes, all as fpray expects them" in done.stdout
    assert done.stdout.count("this jar has no main classes of multipaxos") == 1
    assert done.stdout.splitlines()[-1].startswith("1 of ")
    check = cli("protocols", "multipaxos", "--check", jar)
    assert (check.exit_code, "no main classes of multipaxos" in check.stdout) == (1, True)


@pytest.mark.jvm
@pytest.mark.parametrize("help_", [True, False])
def test_every_difference_is_listed(tmp_path: Path, help_: bool) -> None:
    less = ("--options.flushEveryN", "--log_level")
    server = _main(SERVER, help_=help_, more=("--options.flushEvery", "--mode"), less=less, refused="Noop")
    client = _main(CLIENT, help_=help_).replace("OPTIONAL = Arrays.asList(", 'OPTIONAL = Arrays.asList("--extra", ')
    unknown = "--log_level, --options.flushEveryN (it has --options.flushEvery)"
    add = "add each with --flag ROLE:--NAME=VALUE, or in the protocol's Python file (docs/jar.md)"
    not_passed = (
        "which fpray does not pass by default (to pass one, set the parameter of the protocol for it, if there is one,"
        " or add --flag ROLE:--NAME=VALUE)"
    )
    done = cli("protocols", "unreplicated", "--check", _jar(tmp_path, server, client))
    assert done.exit_code == 1
    assert done.stdout.splitlines()[:-1] == [
        "unreplicated  in 1 of 2 main classes the jar differs from what fpray expects:",
        f"  {SERVER} does not accept {unknown}, which fpray passes",
        f"  {SERVER} requires the flags --mode, --options.flushEvery, which fpray does not pass: {add}",
        f"  {SERVER} Option --state_machine failed when given 'Noop'. Foo is not one of A, B.",
        f"  note: {SERVER} also accepts --mode, --options.flushEvery, {not_passed}",
        f"  note: {CLIENT} also accepts --extra, {not_passed}",
    ]


@pytest.mark.jvm
def test_mains_that_are_missing_hang_or_break(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fpray.jar.check.DEADLINE_S", 1.0)
    jar = _jar(tmp_path, ONLY % ("ServerMain", "Thread.sleep(600_000);"), ONLY % ("ClientMan", ""))
    (tmp_path / "second").mkdir()
    done = cli("protocols", "unreplicated", "--check", jar)
    assert done.exit_code == 1
    assert f"{SERVER} did not print its flags within 1 s and was killed, so its flags are not checked" in done.stdout
    assert f"{CLIENT} is not in the jar" in done.stdout
    monkeypatch.setattr("fpray.jar.check.DEADLINE_S", 60.0)
    broken = _jar(tmp_path / "second", ONLY % ("ServerMain", 'throw new NoClassDefFoundError("scopt/Read");'))
    assert "NoClassDefFoundError: scopt/Read" in cli("protocols", "unreplicated", "--check", broken).stdout
    with zipfile.ZipFile(broken) as archive:
        compiled = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(broken, "w") as newer:  # compiled for a Java that there is not yet
        for name, code in compiled.items():
            newer.writestr(name, code[:6] + (999).to_bytes(2, "big") + code[8:])
    assert "class file version 999.0" in cli("protocols", "unreplicated", "--check", broken).stdout


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["none.jar"], "--check none.jar: there is no such file"),
        ([__file__], "is not a jar, because it cannot be read as a zip file"),
        (["JAR", "--java", "/no/java"], "--java /no/java: there is no such program"),
        (["JAR", "--java", "/bin/false"], "--java /bin/false does not run on this machine: exits with 1"),
        (["JAR", "unreplicate"], "did you mean unreplicated?"),
    ],
)
def test_what_cannot_be_checked_is_a_sentence(words: list[str], sentence: str, reference_jar: Path) -> None:
    done = cli("protocols", "--check", *(str(reference_jar) if word == "JAR" else word for word in words))
    assert done.exit_code == 2
    assert sentence in done.stderr
    assert done.stdout == ""


@pytest.mark.jvm
def test_nothing_serves_even_where_a_main_takes_what_it_does_not_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The addresses that it is given are of no machine: it cannot listen on them."""
    monkeypatch.setattr("fpray.jar.check.DEADLINE_S", 60.0)
    done = cli("protocols", "unreplicated", "--check", _jar(tmp_path, ONLY % ("ServerMain", BIND)))
    assert f"{SERVER} did not print its flags, so its flags are not checked; it printed 'cannot bind'." in done.stdout
    assert "SERVES" not in done.stdout


@pytest.mark.jvm
def test_a_protocol_of_which_only_the_server_is_missing_does_not_fit(tmp_path: Path) -> None:
    """F4: its client is there, so the jar is one of that protocol."""
    done = cli("protocols", "--check", _jar(tmp_path, _main(CLIENT, help_=True)))
    assert done.exit_code == 1
    assert "unreplicated          in 1 of 2 main classes the jar differs from what fpray expects:" in done.stdout
    assert f"  {SERVER} is not in the jar" in done.stdout
    assert "this jar has no main classes of multipaxos" in done.stdout


@pytest.mark.jvm
def test_a_client_that_another_protocol_has_too_is_no_part_of_a_protocol() -> None:
    """F4: the reference jar has multipaxos, and with it the client of supermultipaxos."""
    done = cli("protocols", "supermultipaxos", "--check", "reference")
    assert (done.exit_code, "no main classes of supermultipaxos" in done.stdout) == (1, True)


@pytest.mark.timeout(LONG)
def test_a_main_that_never_ends_goes_with_a_killed_fpray(tmp_path: Path) -> None:
    """H3: it would run for ever, with nothing that knows of it."""
    java, jar = tmp_path / "java", tmp_path / "x.jar"
    java.write_text(f"#!/bin/sh\n[ $1 = -version ] && exit 0\necho $$ >> {tmp_path}/pids\nexec sleep 100\n")
    java.chmod(0o755)
    with zipfile.ZipFile(jar, "w") as archive:
        for name in ("ServerMain", "ClientMain"):
            archive.writestr(f"frankenpaxos/unreplicated/{name}.class", b"")
    words = [sys.executable, "-m", "fpray", "protocols", "unreplicated", "--check", str(jar), "--java", str(java)]
    env = {**os.environ, "TMPDIR": str(tmp_path)}  # what a killed process leaves
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env) as fpray:
        wait_for(lambda: (file := tmp_path / "pids").exists() and file.read_text().endswith("\n"), LONG, "a main runs")
        fpray.kill()
    mains = [int(line) for line in (tmp_path / "pids").read_text().split()]
    assert mains
    wait_for(lambda: not any((entry := read_entry(pid)) and entry.alive for pid in mains), LONG, "none is left")
