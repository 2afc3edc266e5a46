"""The launcher configurations, by the schema and bootstrap of the pinned Ray, and an AWS that is in memory."""

from __future__ import annotations

import json
import logging
import mmap
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

from fpray.cluster.head_address import cloud_head
from fpray.cluster.launcher import read_launcher
from fpray.cluster.pools import of_nodes
from fpray.errors import FprayError
from tests.conftest import cli
from tests.support.hosts import ROOT

CONFIGS = ROOT / "cluster_configs"
LAUNCHER = ("ec2.yaml", "onprem.yaml")


def _read(name: str, **filled_in: str) -> dict[str, Any]:
    text = (CONFIGS / name).read_text()
    for placeholder, value in filled_in.items():
        assert f"FILL-IN-{placeholder}" in text
        text = text.replace(f"FILL-IN-{placeholder}", value)
    content = yaml.safe_load(text)
    assert isinstance(content, dict)
    return content


def _bootstrapped(config: dict[str, Any]) -> dict[str, Any]:
    """A configuration with what Ray's launcher fills in."""
    from ray.autoscaler._private import commands

    filled: dict[str, Any] = commands._bootstrap_config(config, no_config_cache=True)
    return filled


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """A new account of AWS, and a home of one's own for the key that Ray makes."""
    for name, value in {"AWS_ACCESS_KEY_ID": "t", "AWS_SECRET_ACCESS_KEY": "t", "HOME": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    import boto3  # here, as moto takes a second to load
    from moto import mock_aws
    from moto.ec2.models import instance_types
    from ray.autoscaler._private.aws import config as bootstrap

    monkeypatch.setattr(bootstrap.time, "sleep", lambda _seconds: None)  # Ray gives a new role 30 s to spread
    few = {name: kind for name, kind in instance_types.INSTANCE_TYPES.items() if name.startswith("m5.")}
    monkeypatch.setattr(instance_types, "INSTANCE_TYPES", few)  # Ray asks for all thousand, which takes moto seconds
    with mock_aws(config={"iam": {"load_aws_managed_policies": True}}):
        yield boto3.client("ec2", region_name="us-west-2")


@pytest.mark.ray
def test_ray_makes_machines_of_ec2_yaml(account: Any, tmp_path: Path) -> None:
    image = account.describe_images()["Images"][0]["ImageId"]
    config = _bootstrapped(_read("ec2.yaml", AMI=image, EFS="fs-1"))
    zones = {s["SubnetId"]: s["AvailabilityZone"] for s in account.describe_subnets()["Subnets"]}
    from ray.autoscaler._private.aws.node_provider import AWSNodeProvider

    provider = AWSNodeProvider(config["provider"], config["cluster_name"])
    for name, kind in config["available_node_types"].items():
        node = kind["node_config"]
        assert {zones[subnet] for subnet in node["SubnetIds"]} == {"us-west-2a"}
        assert kind["labels"]["fpray/pool"] == ("driver" if name == config["head_node_type"] else name)
        provider.create_node(node, {"ray-user-node-type": name}, 1)
    instances = [i for r in account.describe_instances()["Reservations"] for i in r["Instances"]]
    assert {instance["InstanceType"] for instance in instances} == {"m5.xlarge"}
    assert {group["GroupName"] for instance in instances for group in instance["SecurityGroups"]} == {"fpray"}
    workers = sum(kind["min_workers"] for kind in config["available_node_types"].values())
    assert workers == 15
    assert workers <= config["max_workers"]
    assert config["available_node_types"]["head"]["resources"]["CPU"] == 0
    copy = tmp_path / "ray_bootstrap_config.yaml"  # as the head has it
    copy.write_text(json.dumps(config))
    original = read_launcher(CONFIGS / "ec2.yaml")
    assert replace(read_launcher(copy), path=original.path) == original
    assert not [command for command in config["head_setup_commands"] if "pip install" in command], "Ray's own defaults"
    # A laptop finds the head among them, and the key that Ray has made.
    raw = _read("ec2.yaml", AMI=image, EFS="fs-1")
    with pytest.raises(FprayError, match=r'Ray cluster fpray was not found; Ray says: ".*\. If .* ray up\. '):
        cloud_head(raw)
    tags = {"ray-node-type": "head", "ray-node-status": "up-to-date", "ray-user-node-type": "head"}
    provider.create_node(config["available_node_types"]["head"]["node_config"], tags, 1)
    heads = account.describe_instances(Filters=[{"Name": "tag:ray-node-type", "Values": ["head"]}])
    ((instance,),) = [reservation["Instances"] for reservation in heads["Reservations"]]
    address, auth = cloud_head(raw)
    assert (address, auth["ssh_user"]) == (instance["PublicIpAddress"], "ubuntu")
    assert Path(auth["ssh_private_key"]).expanduser().name.startswith("ray-autoscaler")


@pytest.mark.ray
def test_ray_takes_onprem_yaml_as_it_is() -> None:
    config = _bootstrapped(_read("onprem.yaml"))
    (kind,) = config["available_node_types"].values()
    assert (kind["min_workers"], kind["max_workers"]) == (3, 3)


@pytest.mark.parametrize("name", LAUNCHER)
def test_every_command_is_one_for_bash(name: str) -> None:
    config = _read(name)
    lists = [config[key] for key in config if key.endswith("_commands")]
    for command in [command for commands in lists for command in commands]:
        done = subprocess.run(["bash", "-n", "-c", command], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", LAUNCHER)
def test_nodes_get_what_the_configurations_share(name: str) -> None:
    config = _read(name)
    assert (ROOT / config["file_mounts"]["~/fpray-node"] / "install.sh").exists()
    assert "bash ~/fpray-node/install.sh" in config["setup_commands"]
    text = (CONFIGS / name).read_text()
    assert set(re.findall(r"ray\[default\]==([\d.]+)", text)) <= {version("ray")}


def test_the_ray_of_the_nodes_is_the_locked_one() -> None:
    (pinned,) = re.findall(r"^ray_version=(\S+)$", (CONFIGS / "node" / "install.sh").read_text(), re.MULTILINE)
    assert pinned == version("ray")
    assert f"ray=={pinned} " in (ROOT / "requirements.lock").read_text()


@pytest.mark.ray
def test_every_setting_of_ray_is_one() -> None:
    """Ray ignores a misspelt one silently."""
    names = re.findall(r"\bRAY_([a-z]\w+)=", (CONFIGS / "node" / "env.sh").read_text())
    assert len(names) > 15
    import ray

    raylet = Path(ray.__file__).parent / "core" / "src" / "ray" / "raylet" / "raylet"
    with raylet.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as binary:
        assert [
            name for name in names if binary.find(f"RAY_{name}".encode()) < 0 and binary.find(name.encode()) < 0
        ] == []


@dataclass
class _Node:
    host: str
    labels: dict[str, str] = field(default_factory=dict)
    resources: dict[str, float] = field(default_factory=dict)


def _of_type(kind: str, host: str) -> _Node:
    return _Node(host, {"ray.io/node-group": kind, "fpray/pool": {"head": "driver"}.get(kind, kind)})


def test_machines_that_have_not_joined_are_counted_by_type() -> None:
    launcher = read_launcher(CONFIGS / "ec2.yaml")
    joined = [_of_type("head", "10.0.0.1"), _of_type("acceptors", "10.0.0.2"), _of_type("leaders", "10.0.0.4")]
    joined += [_of_type("leaders", "10.0.0.3")]
    messages: list[str] = []
    with pytest.raises(FprayError, match="no machine has joined for"):
        launcher.wait_for_all(lambda: joined, messages.append, patience_s=0)
    rest = "2 of 2 clients, 2 of 2 proxy_leaders, 2 of 3 acceptors, 2 of 2 replicas, 1 of 1 batchers"
    rest += ", 1 of 1 read_batchers, 2 of 2 proxy_replicas"
    state = "waiting for the machines of ec2.yaml: 4 of 16 are in the Ray cluster; missing"
    assert messages == [f"{state}: {rest}. The sweep starts automatically when all are there"]
    cluster = launcher.cluster_of(joined)
    assert cluster.hosts(1, "leaders") == cluster.hosts(2, "leaders") == ("10.0.0.4", "10.0.0.3")
    assert "10.0.0.1" not in cluster.addresses(), "the head takes no role"


def test_waiting_ends_when_every_machine_has_joined() -> None:
    launcher = read_launcher(CONFIGS / "onprem.yaml")
    joined = [_Node(f"10.0.0.{k}") for k in (1, 3, 4)]
    messages: list[str] = []

    def look() -> list[_Node]:
        if messages:
            joined.append(_Node("10.0.0.2"))
        return list(joined)

    launcher.wait_for_all(look, messages.append)
    (message,) = messages
    state = "waiting for the machines of onprem.yaml: 3 of 4 are in the Ray cluster; missing"
    assert message == f"{state}: 10.0.0.2. The sweep starts automatically when all are there"


def test_nodes_name_their_pools_by_label_or_resources_and_others_serve_the_rest() -> None:
    nodes = [
        _Node("a", {"fpray/pool": "clients"}, {"CPU": 4.0}),
        _Node("b", {}, {"fpray_pool_leaders": 1.0, "fpray_pool_clients": 1.0}),
        _Node("c"),
        _Node("d", {"fpray/pool": "driver"}),
        _Node("e"),
    ]
    cluster = of_nodes(nodes)
    assert [cluster.hosts(f, "clients") for f in (1, 2)] == [("a", "b")] * 2
    assert (cluster.hosts(1, "leaders"), cluster.hosts(1, "acceptors")) == (("b",), ("c", "e"))
    assert of_nodes([_Node("a"), _Node("b")]).hosts(1, "leaders") == ("a", "b"), (
        "no node names a pool: each serves every pool"
    )
    (problem,) = of_nodes(nodes[3:4]).problems(1, "leaders")
    assert "each machine of the Ray cluster has the label fpray/pool=driver, so no trial" in problem.sentence
    (short,) = of_nodes(nodes[:2]).problems(1, "acceptors")
    source = "the labels fpray/pool and resources fpray_pool_... of the Ray nodes"
    assert f" in {source}: add a machine with label fpray/pool=acceptors (docs/clusters.md). The" in short.sentence
    (misspelt,) = of_nodes([_Node("a", {"fpray/pool": "client"}), _Node("b")]).problems(1, "clients")
    assert misspelt.sentence == f"is not in {source}, but client is: rename client to clients there"


@pytest.mark.ray
def test_onprem_yaml_waits_and_gives_pools(tmp_path: Path) -> None:
    content = _read("onprem.yaml")
    content["provider"]["fpray_pools"] = {"clients": ["10.0.0.3", "10.0.0.4"], "driver": ["10.0.0.1"]}
    _bootstrapped(dict(content))  # Ray takes it
    file = tmp_path / "onprem.yaml"
    file.write_text(yaml.safe_dump(content))
    launcher = read_launcher(file)
    assert launcher.missing([_Node("10.0.0.1"), _Node("10.0.0.3")]) == ["10.0.0.2", "10.0.0.4"]
    cluster = launcher.cluster_of([_Node(host) for host in launcher.hosts])
    assert cluster.hosts(1, "clients") == ("10.0.0.3", "10.0.0.4")
    assert cluster.hosts(1, "leaders") == ("10.0.0.2",), (
        "the head takes no role, and a machine without a pool serves the rest"
    )
    content["provider"]["fpray_pools"] = {"1": {"clients": ["10.0.0.3", "10.0.0.7"], "server": ["10.0.0.1"]}}
    file.write_text(yaml.safe_dump(content))
    refused = cli("plan", "unreplicated", "--cluster", str(file))
    assert "fpray_pools: 10.0.0.7" in refused.output
    assert "of this file (10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4)" in refused.output


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("provider: [", "its YAML has a mistake in line 2"),
        ("a: 1", "is not a configuration of `ray up`: it has no `provider`"),
        ("provider: {type: nowhere}", "has no available_node_types"),
        ("provider: {type: local, head_ip: localhost}", "has a loopback address"),
        ("provider: {type: local}", "provider.head_ip is missing"),
        ("provider: {type: local, head_ip: 10.0..1}", "10.0..1: this name has no IP address: it is not a host name."),
        ("provider: {type: local, head_ip: 10.0.0.1, worker_ips: 10.0.0.2}", "must be a list of addresses"),
        ("provider: {type: local, head_ip: 10.0.0.1, fpray_pools: {clients: x}}", "must be an object"),
        ("provider: {type: local, head_ip: 10.0.0.1, fpray_pools: {a: [], '1': {b: []}}}", "Write every pool below"),
    ],
)
def test_what_is_no_launcher_configuration_is_refused(tmp_path: Path, content: str, sentence: str) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(content)
    for command in ("plan", "sweep"):
        refused = cli(command, "unreplicated", "--cluster", str(file))
        assert refused.exit_code == 2
        assert sentence in " ".join(refused.output.split())


def test_what_ssh_needs_and_lacks_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("provider: {type: local, head_ip: 192.0.2.1}")
    assert "auth.ssh_user" in cli("status", "--cluster", str(file)).output
    file.write_text("provider: {type: local, head_ip: 192.0.2.1}\nauth: {ssh_user: me}")
    monkeypatch.setenv("PATH", str(tmp_path))
    for words in (["status"], ["sweep", "unreplicated", "-j", "reference"]):
        assert "this machine has no ssh" in cli(*words, "--cluster", str(file)).output


@pytest.mark.ray
def test_without_credentials_a_sentence_says_so_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(logging.getLogger("ray"), "propagate", True)
    config = _read("ec2.yaml", AMI="ami-1", EFS="fs-1") | {"cluster_name": "nobodys"}
    config["provider"] |= {"region": "eu-north-1", "availability_zone": "eu-north-1a"}  # Ray keeps its clients
    with pytest.raises(FprayError, match='Ray says: "Unable to locate credentials'):
        cloud_head(config)
    assert not [record for record in caplog.records if record.name.startswith("ray")]


def test_a_launcher_configuration_is_for_a_cluster(tmp_path: Path) -> None:
    words = ["sweep", "unreplicated", "--set", "duration=1s", "-s", str(tmp_path)]
    refused = cli(*words, "--cluster", str(CONFIGS / "onprem.yaml"), "--local")
    assert refused.exit_code == 2
    assert "means this machine only, but --cluster" in refused.output


def test_a_launcher_configuration_says_the_machines_of_a_plan(tmp_path: Path) -> None:
    done = cli("plan", "multipaxos", "--cluster", str(CONFIGS / "ec2.yaml"))
    assert done.exit_code == 0, done.output
    assert "acceptor_0_0 at acceptors-1:" in done.output
    assert "client_0 at clients-1:" in done.output
    done = cli("plan", "multipaxos", "--cluster", str(CONFIGS / "onprem.yaml"))
    assert "acceptor_0_1 at 10.0.0.2:" in done.output
