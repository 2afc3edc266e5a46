"""What a user sees of fpray, as values that `tests/recorded/` holds: `python -m tests.record` writes them anew.

Everything is asked through the front door (the command line, click's own objects, Python's `inspect`), so that moving
modules changes nothing here.
"""

from __future__ import annotations

import csv
import hashlib
import importlib
import inspect
import json
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import click
import pyarrow.parquet as pq
from click.testing import CliRunner

from fpray.cli.main import main
from tests.conftest import FPRAY, QUICK
from tests.support.patience import LONG

RECORDED = Path(__file__).parent / "recorded"
# What `fpray plan` is asked beside every study of every protocol.
OPTIONS = (
    "multipaxos --vary num_proxy_leaders=2,3 --vary num_replicas=2,4 --repeat 2 --set duration=1s -l warn",
    "multipaxos --study e1_lt_surprise --set f=1 --vary num_clients_per_proc=1,10 --repeat 1",
    "multipaxos --cluster CLUSTER --vary num_client_procs=3",
    "multipaxos --cluster CLUSTER --place pack --place acceptor=spread --set num_client_procs=3",
    "multipaxos --cluster CLUSTER --place leader=exclusive",
    "unreplicated --flag server:--options.flushEveryN=7 --flag client:--fork=a=b --jvm-arg server:-Xint",
    "unreplicated --jar /opt/frankenpaxos.jar --java /opt/jdk/bin/java --jvm-arg client:-XX:+UseSerialGC",
    "unreplicated --vary jvm_heap_size=100m,200m --set workload.size_mean=100 --repeat 3 --log-level fatal",
    "unreplicated --set workload.name=StringWorkload --set profiled=false --local --scratch /tmp/scratch",
    "unreplicated --set num_client_procz=2",
    "craq --set num_chain_nodes=1",
    "epaxos --study nsdi_fig1_lt --set duration=1s --vary f=1",
)
_SOMETIMES = ("checkout", "fpray_checkout", "within_noise", "nearest")
_SWEEP = ["sweep", "unreplicated", *QUICK, "--vary", "jvm_heap_size=100m,2m", "--json"]
_SEARCH = [
    "search", "unreplicated", *QUICK, "--maximize", "measured.throughput",
    "--subject-to", "measured.latency.p99_ms<=1000", "--space", "num_clients_per_proc=1..8",
    "--seed", "1", "--budget-trials", "3", "--confirm", "1", "--stop-at", "0%",
]  # fmt: skip


def studies() -> list[str]:
    """`PROTOCOL --study NAME` of every study, searches included."""
    entries = json.loads(CliRunner().invoke(main, ["studies", "--json"]).stdout)
    return [f"{study['protocol']} --study {study['study']}" for study in entries]


def plan(words: str) -> dict[str, Any]:
    """The exit code of `fpray plan WORDS --json`, how many plans it printed, and the hash of what it printed.

    What is printed is hashed as it is, byte by byte: `fpray plan` puts stand-in paths in place of the suite and the
    reference jar (`/suite/001`, `/fpray.jar`) and FrankenPaxos's ports, so that nothing in it is of the machine.
    CLUSTER stands for the recorded cluster file. A refusal prints nothing; its text is not compared.
    """
    arguments = [str(RECORDED / "cluster.json") if word == "CLUSTER" else word for word in words.split()]
    done = CliRunner().invoke(main, ["plan", *arguments, "--json"])
    trials = len(json.loads(done.stdout)) if done.exit_code == 0 else 0
    digest = hashlib.sha256(done.stdout.encode()).hexdigest()
    return {"exit_code": done.exit_code, "trials": trials, "sha256": digest}


def plans() -> dict[str, Any]:
    """Words of `fpray plan` -> what they give."""
    return {words: plan(words) for words in (*studies(), *OPTIONS)}


def options(command: click.Command = main, name: str = "fpray", parent: click.Context | None = None) -> dict[str, Any]:
    """Command -> its arguments in their order and its options by name: all that click knows of them but the help."""
    ctx = click.Context(command, parent=parent, info_name=name, **command.context_settings)
    params = [_option(param, ctx) for param in command.get_params(ctx)]
    commands = {
        name: sorted(params, key=lambda param: "" if param["kind"] == "argument" else max(param["words"], key=len))
    }
    for sub in command.list_commands(ctx) if isinstance(command, click.Group) else ():
        assert isinstance(command, click.Group)
        below = command.get_command(ctx, sub)
        assert below is not None
        commands |= options(below, f"{name} {sub}", ctx)
    return commands


def _option(param: click.Parameter, ctx: click.Context) -> dict[str, Any]:
    default, flag = param.get_default(ctx), isinstance(param, click.Option) and param.is_flag
    parts = {
        "words": [*param.opts, *param.secondary_opts],
        "kind": "flag" if flag else param.param_type_name,
        "type": "" if flag else param.type.name,
        "metavar": "" if flag else param.make_metavar(ctx),
        "choices": list(param.type.choices) if isinstance(param.type, click.Choice) else [],
        # How click says that there is none depends on its version.
        "default": default if isinstance(default, int | float | str) else None,
        "required": param.required,
        "nargs": 0 if param.nargs == 1 else param.nargs,
        "multiple": param.multiple,
        "environment": param.envvar,
        "hidden": isinstance(param, click.Option) and param.hidden,
    }
    return {name: value for name, value in parts.items() if value not in (None, "", [], False)}


def signatures() -> dict[str, Any]:
    """Public names of Python with their parameters (name, kind, default; not the annotation), and entry points."""
    fpray = importlib.import_module("fpray")
    testing = importlib.import_module("fpray.testing")
    case = testing.ProtocolConformance
    return {
        "fpray": sorted(fpray.__all__),
        "fpray.testing": ["ProtocolConformance"],
        "fpray.testing.ProtocolConformance": sorted(
            name for name in {*vars(case), *case.__annotations__} if not name.startswith("_")
        ),
        "signatures": {name: _parameters(getattr(fpray, name)) for name in _with_signature(fpray)},
        "entry_points": _entry_points(),
    }


def _with_signature(module: Any) -> list[str]:
    """The names of what is called with parameters: no version, no exception."""
    public = {name: getattr(module, name) for name in module.__all__}
    return [name for name, of in public.items() if inspect.isfunction(of) or is_dataclass(of)]


def _parameters(of: Any) -> list[str]:
    return [f"{p.name} {p.kind.name} {_in_words(p.default)}" for p in inspect.signature(of).parameters.values()]


def _in_words(default: Any) -> str:
    if default is inspect.Parameter.empty:
        return "required"
    if inspect.isfunction(default):  # it may move
        return "a function"
    return repr(dict(default) if isinstance(default, Mapping) else default)


def _entry_points() -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for point in distribution("fpray").entry_points:
        groups.setdefault(point.group, []).append(point.name)
    return {group: sorted(names) for group, names in sorted(groups.items())}


def layout(directory: Path, *where: str) -> dict[str, Any]:
    """A real sweep (one trial finished, one crashed) and a real search of three trials: files, columns, keys, codes.

    where: on which Ray, in words of the command line.
    """
    sweep = _run(directory / "sweep", *_SWEEP, *where)
    search = _run(directory / "search", *_SEARCH, *where)
    refused = _run(directory / "refused", "sweep", "unreplicated", "--set", "duration=2", *where)
    lines = [json.loads(line) for line in sweep.stdout.splitlines()]
    status, listing = (
        _run(directory / "sweep", *words, "--json") for words in (["status"], ["studies", "unreplicated"])
    )
    return {
        "sweep": _suite(directory / "sweep") | {"exit_code": sweep.returncode},
        "search": _suite(directory / "search") | {"exit_code": search.returncode},
        "refused": {"exit_code": refused.returncode},
        "printed": {
            "sweep --json": sorted(set(_keys(lines))),
            "status --json": sorted(set(_keys(json.loads(status.stdout)))),
            "studies --json": sorted(set(_keys(json.loads(listing.stdout)))),
        },
    }


def _run(cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    cwd.mkdir(exist_ok=True)
    done = subprocess.run([FPRAY, *words], cwd=cwd, capture_output=True, text=True, timeout=LONG, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def _suite(directory: Path) -> dict[str, Any]:
    """The files of the one suite, a trial's number replaced by how it ended; columns and types; keys."""
    (suite,) = (directory / "suites").iterdir()
    statuses = {p.parent.name: json.loads(p.read_text())["status"] for p in suite.glob("*/outcome.json")}
    files = {}
    for path in sorted(p for p in suite.rglob("*") if p.is_file()):
        first, *rest = path.relative_to(suite).parts
        files[path] = "/".join([statuses.get(first, first), *rest])
    keys: dict[str, set[str]] = {}
    for path, name in files.items():
        if path.suffix == ".json":
            keys.setdefault(name, set()).update(_keys(json.loads(path.read_text())))
    columns = {name: _columns(path) for path, name in files.items() if path.suffix in (".csv", ".parquet")}
    return {
        "files": sorted(set(files.values())),
        "columns": columns,
        "keys": {name: sorted(paths) for name, paths in keys.items()},
    }


def _columns(path: Path) -> list[str]:
    if path.suffix == ".csv":
        with path.open(newline="") as file:
            return next(csv.reader(file))
    return [f"{field.name} {field.type}" for field in pq.read_schema(path)]


def _keys(value: Any, path: str = "") -> Iterator[str]:
    """The paths of all keys, lists as []; machines, processes and trials by their kind, since each has its own name.

    What is below one of _SOMETIMES is left out: it is there or not, as the checkout is and as the measurements are.
    """
    if isinstance(value, Mapping):
        for key, below in value.items():
            name = re.sub(r"^\d+(\.\d+){3}", "MACHINE", re.sub(r"^[0-9a-f]{16}$", "TRIAL", key))
            name = re.sub(r"^MACHINE:\d+$", "MACHINE:PID", name)
            yield f"{path}/{name}"
            if name not in _SOMETIMES:
                yield from _keys(below, f"{path}/{name}")
    elif isinstance(value, list):
        for below in value:
            yield from _keys(below, f"{path}[]")


def write(name: str, value: Any) -> None:
    """Write a recorded file, one entry on each line, so that a change of it can be reviewed."""
    (RECORDED / f"{name}.json").write_text(json.dumps(value, indent=1) + "\n")


if __name__ == "__main__":
    print("writing tests/recorded anew")
    write("plans", plans())
    write("options", options())
    write("signatures", signatures())
    with tempfile.TemporaryDirectory() as scratch:
        write("suite_layout", layout(Path(scratch), "--local"))
