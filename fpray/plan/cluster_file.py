"""Reads FrankenPaxos's cluster file: JSON that lists the machines of each pool, by name or address."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fpray.errors import Cause, Problem, refuse, refuse_if_any
from fpray.files.content import BY_USERS, Unreadable, read_json_file
from fpray.files.shown import shown
from fpray.files.typed import Defect, Misfit, typed
from fpray.plan.cluster import CLUSTER_FILE, EVERY_F, Cluster
from fpray.plan.host_names import Host, address_of, in_many_regions

_REGIONS = "regions"  # the one key beside the values of f
MOST_MACHINES = 10_000
EXAMPLE = (
    'Example for unreplicated, f=1: {"1": {"server": ["10.0.0.1"], "clients": ["10.0.0.2"]}}'
    " (fpray protocols NAME prints one with the pools of that protocol)"
)


def read_cluster_file(path: Path) -> Cluster:
    """FrankenPaxos's JSON, `{"1": {"clients": ["10.0.0.1"], "leaders": [...]}}`; names stay as they are.

    Raises:
        Refused: the file cannot be read, or has another shape.
    """
    try:
        content = read_json_file(path, BY_USERS)
    except OSError as error:
        fault = f"the cluster file cannot be read: {error.strerror}. Correct the path or its permissions"
        raise refuse(str(path), f"{fault}, or write such a file. {EXAMPLE}", Cause.CLUSTER_FILE) from None
    except Unreadable as why:
        raise refuse(str(path), f"the cluster file cannot be used: {why}. {EXAMPLE}", Cause.CLUSTER_FILE) from None
    return read_pools(content, str(path))


def read_pools(content: object, where: str, source: str = CLUSTER_FILE) -> Cluster:
    """What a cluster file says: f -> pool -> addresses, or pool -> addresses, equal for every f.

    A key "regions" beside them says where machines are: `{"regions": {"us-east-1": ["10.0.0.1"]}}`.

    where: the file, for messages that something in it is wrong; source: see `Cluster`.

    Raises:
        Refused: it has another shape, or names what can be no machine.
    """
    if not isinstance(content, Mapping):
        raise refuse(
            where,
            f"must contain a JSON object with the machines of each role, but contains {shown(content)}. {EXAMPLE}",
            Cause.CLUSTER_FILE,
        )
    problems: list[Problem] = []
    pools: dict[str, dict[str, tuple[str, ...]]] = {}
    for faults, content_of_pools in _by_faults(content, where).items():
        try:
            names_by_pool = typed(dict[str, list[Host]], _with_text_keys(content_of_pools))
        except Misfit as misfit:
            problems += [
                Problem(f"{where}: {faults}", _in_words(defect, faults), Cause.CLUSTER_FILE)
                for defect in misfit.defects
            ]
            continue
        pools[faults] = {pool: tuple(map(address_of, names)) for pool, names in names_by_pool.items()}
    regions = pools.pop(_REGIONS, {})
    problems += in_many_regions(regions, where)
    refuse_if_any(problems)
    cluster = Cluster((), pools, regions, source)
    if (count := len(cluster.addresses())) > MOST_MACHINES:
        raise refuse(where, f"lists {count:,} machines: list at most {MOST_MACHINES:,}", Cause.CLUSTER_FILE)
    return cluster


def _by_faults(content: Mapping[object, object], where: str) -> Mapping[str, object]:
    """The content with pools that are listed for every f below `*`.

    Raises:
        Refused: it lists pools for every f, and pools for one f, too.
    """
    entries = _with_text_keys(content)
    assert isinstance(entries, dict)
    flat = {pool: addresses for pool, addresses in entries.items() if isinstance(addresses, list)}
    if not flat:
        return entries
    others = {key: value for key, value in entries.items() if key not in flat}
    if mixed := sorted(key for key in others if key != _REGIONS):
        every = ", ".join(flat)
        raise refuse(
            where,
            f"lists some pools (the machines of a role) for every f ({every}), and others only for f ="
            f" {', '.join(mixed)}. Write every pool below a value of f, such as"
            ' {"1": {"leaders": ["10.0.0.1"]}}, or none, such as {"leaders": ["10.0.0.1"]}',
            Cause.CLUSTER_FILE,
        )
    return {**others, EVERY_F: flat}


def _with_text_keys(value: object) -> object:
    """An object of YAML as one of JSON: a number as key is the text of it."""
    return {str(key): entry for key, entry in value.items()} if isinstance(value, Mapping) else value


def _in_words(defect: Defect, faults: str) -> str:
    group, name = ("region", "eu-west-1") if faults == _REGIONS else ("pool", "clients")
    if "[" in defect.path:  # one address
        return str(defect)
    within = f"; in it, {defect}" if defect.path else ""
    return f'must be an object that lists the machines of each {group}, such as {{"{name}": ["10.0.0.1"]}}{within}'
