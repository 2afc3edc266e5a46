"""Cluster files and launcher configurations of others: Ray's defaults, names as they are, bounds, every problem."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from fpray.cluster.launcher import read_launcher
from fpray.errors import Refused
from tests.conftest import cli
from tests.files.test_content import BOMB, MERGES

MINIMAL = """
cluster_name: minimal
provider: {type: aws, region: us-west-2}
available_node_types:
  ray.head.default: {resources: {}, node_config: {}}
  ray.worker.default: {min_workers: 3, max_workers: 3, resources: {}, node_config: {}}
"""
GCP = """
provider: {type: gcp}
available_node_types: {ray_head_default: {}, ray_worker_small: {min_workers: 2}}
"""
LEGACY = """
provider: {type: aws}
min_workers: 2
head_node: {InstanceType: m5.large}
worker_nodes: {InstanceType: m5.large, resources: {fpray_pool_clients: 1}}
"""
CAPPED = """
provider: {type: aws}
head_node_type: a
available_node_types: {a: {min_workers: 2, max_workers: 2}, b: {min_workers: 5, max_workers: 1}}
"""


def _promised(text: str, tmp_path: Path) -> dict[str, int]:
    file = tmp_path / "c.yaml"
    file.write_text(text)
    return dict(read_launcher(file).types)


@pytest.mark.ray
@pytest.mark.parametrize(
    ("text", "counts"),
    [
        (MINIMAL, {"ray.head.default": 1, "ray.worker.default": 3}),
        (GCP, {"ray_head_default": 1, "ray_worker_small": 2}),
        ("provider: {type: aws}", {"ray.head.default": 1, "ray.worker.default": 0}),
        (LEGACY, {"ray-legacy-head-node-type": 1, "ray-legacy-worker-node-type": 2}),
        # The head's type has no machines but the head, unless it says so; no type has more than its max_workers.
        ("provider: {type: aws}\navailable_node_types: {ray.head.default: {min_workers: 2}}", {"ray.head.default": 1}),
        (CAPPED, {"a": 3, "b": 1}),
    ],
)
def test_a_launcher_file_promises_what_ray_up_makes_of_it(text: str, counts: dict[str, int], tmp_path: Path) -> None:
    """F1: Ray's defaults, as `ray up` fills them in."""
    assert _promised(text, tmp_path) == counts


@pytest.mark.ray
def test_the_defaults_are_those_of_ray_itself(tmp_path: Path) -> None:
    """F1: what Ray's own launcher makes of the same files."""
    import yaml
    from ray.autoscaler._private.util import prepare_config

    for text in (MINIMAL, GCP, LEGACY, "provider: {type: aws}", "provider: {type: azure}"):
        filled = prepare_config(yaml.safe_load(text))
        head = filled["head_node_type"]
        kinds = filled["available_node_types"].items()
        expected = {name: min(kind["min_workers"], kind["max_workers"]) + (name == head) for name, kind in kinds}
        counts = _promised(text, tmp_path)
        assert {name: count for name, count in counts.items() if count} == {k: n for k, n in expected.items() if n}


def test_the_machines_that_ray_does_not_start_are_not_waited_for(tmp_path: Path) -> None:
    """F1: on-premise, `min_workers` says how many of worker_ips are started."""
    file = tmp_path / "c.yaml"
    file.write_text("provider: {type: local, head_ip: 10.0.0.1, worker_ips: [10.0.0.2, 10.0.0.3]}\nmin_workers: 1")
    assert read_launcher(file).hosts == ("10.0.0.1", "10.0.0.2")


def test_a_head_that_is_no_type_is_refused(tmp_path: Path) -> None:
    """F1: `ray up` refuses it, too."""
    with pytest.raises(
        Refused,
        match=r"head_node_type: b, which is not one of its available_node_types: set head_node_type to one of them, a",
    ):
        _promised("provider: {type: aws}\nhead_node_type: b\navailable_node_types: {a: {}}", tmp_path)
    with pytest.raises(
        Refused, match=r"has no head_node_type, so Ray uses its default, ray\.head\.default, which is not"
    ):
        _promised("provider: {type: aws}\navailable_node_types: {a: {}}", tmp_path)


NAMES = {"1": {"server": ["node-1.invalid"], "clients": ["node-2.invalid", "localhost"]}}


@pytest.mark.heavy
def test_a_plan_shows_names_as_they_are(tmp_path: Path) -> None:
    """F2: a plan and a dry run look no name up; a sweep does, before it starts anything."""
    cluster, launcher = tmp_path / "c.json", tmp_path / "c.yaml"
    cluster.write_text(json.dumps(NAMES))
    launcher.write_text("provider: {type: local, head_ip: node-1.invalid, worker_ips: [node-2.invalid]}")
    for file in (cluster, launcher):
        words = ("unreplicated", "--cluster", str(file), "--vary", "num_client_procs=1")
        plan = cli("plan", *words)
        assert plan.exit_code == 0, plan.output
        assert "node-1.invalid" in plan.stdout
        assert cli("sweep", *words, "--dry-run", "-j", "reference").exit_code == 0
    assert "client_0 at node-2.invalid:" in cli("plan", "unreplicated", "--cluster", str(cluster)).stdout


@pytest.mark.jvm
def test_a_sweep_refuses_every_name_that_has_no_address(tmp_path: Path) -> None:
    """F2: names are looked up when something is to run."""
    cluster = tmp_path / "c.json"
    cluster.write_text(json.dumps(NAMES))
    done = cli("sweep", "unreplicated", "--cluster", str(cluster), "-j", "reference", "-s", str(tmp_path / "s"))
    assert done.exit_code == 2
    for name in ("node-1.invalid", "node-2.invalid"):
        assert f"c.json: {name}: this name has no IP address" in done.stderr
    assert not (tmp_path / "s").exists()


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    """E13: a JSON cluster file that an editor began with a byte-order mark."""
    file = tmp_path / "c.json"
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps(NAMES).encode())
    assert cli("plan", "unreplicated", "--cluster", str(file)).exit_code == 0


@pytest.mark.parametrize(
    ("suffix", "content", "sentences"),
    [
        ("json", b'{"1": {"server": ["a\\u0000b", 5], "clients": ["x y", "10.0..1"]}, "regions": 5}', [
            "server[0] 'a\\x00b': this name has no IP address", "server[1] must be text, not 5",
            "clients[0] x y: this name has no IP address", "clients[1] 10.0..1: this name has no IP address",
            'regions must be an object that lists the machines of each region, such as {"eu-west-1": ["10.0.0.1"]}',
        ]),
        ("json", b"{}", ["because the cluster file lists no machines for f=1: add some to that file, such as"]),
        ("json", b'{"1": {}}', ["has no machine, because the cluster file lists no machines for f=1: add some to"]),
        ("json", b'{"1": {"server": 5}}', [": 1 must be an object that lists the machines of each pool, such as {"]),
        ("json", b"\xff\xfe[", ["the file must be UTF-8 text, but byte 1 is 0xff"]),
        ("json", b"[" * 3000 + b"]" * 3000, ["more than 50 levels deep"]),
        ("json", b'{"1": ' + b"1" * 5000 + b"}", ["it is not JSON: Exceeds the limit"]),
        ("json", b'{"server": ["a"], "server": ["b"]}', ["the key 'server' occurs twice"]),
        ("json", json.dumps({"server": ["x" * 100_000]}).encode(), ["this name has no IP address"]),
        ("yaml", b"provider: {type: aws}\navailable_node_types: {a: {min_workers: x}, b: 5, c: {labels: 5}}", [
            "available_node_types.a.min_workers must be an integer or null, not 'x'",
            "available_node_types.b must be an object, not 5",
            "available_node_types.c.labels must be an object or null, not 5",
        ]),
        ("yaml", b"provider: {type: local, head_ip: 5}\ndocker: 5\nauth: [1]", [
            "provider.head_ip must be text or null, not 5", "docker must be an object", "auth must be an object",
        ]),
        ("yaml", MINIMAL.replace("min_workers: 3", "min_workers: 1000000000").encode(), [
            "min_workers must be between 0 and 10,000, not 1000000000",
        ]),
        ("yaml", BOMB.encode(), ["the YAML aliases (*name) stand for more than 200,000 values"]),
        ("yaml", MERGES.encode(), ["the YAML aliases (*name) stand for more than 200,000 values"]),
        ("yaml", b"provider: {type: ../../x}", ["must be the name of a cloud that Ray supports"]),
    ],
    ids=range(15),
)  # fmt: skip
def test_what_is_wrong_in_a_file_is_said_all_at_once(
    suffix: str, content: bytes, sentences: list[str], tmp_path: Path
) -> None:
    """I4, I5: NUL, types, encoding, digits, depth, repeated keys, bombs: a line for each, quickly, exit code 2."""
    file = tmp_path / f"c.{suffix}"
    file.write_bytes(content)
    began = time.process_time()
    done = cli("plan", "unreplicated", "--cluster", str(file))
    assert done.exit_code == 2, done.output
    text = " ".join(done.stderr.split())
    for sentence in sentences:
        assert sentence in text
    assert max(map(len, done.stderr.splitlines())) < 600
    assert time.process_time() - began < 5
