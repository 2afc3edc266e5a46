"""What a sweep refuses once it has looked at the jar, the machines and the suite directory."""

from __future__ import annotations

import json
import socket
import zipfile
from pathlib import Path

import pytest

import fpray
from fpray.driver.means import check_sweep
from fpray.study.registry import find_protocol
from tests.conftest import run


@pytest.mark.ray
@pytest.mark.jvm
def test_a_jar_without_the_main_class_is_refused_naming_what_it_has(tmp_path: Path) -> None:
    jar = tmp_path / "other.jar"
    with zipfile.ZipFile(jar, "w") as archive:
        archive.writestr("frankenpaxos/echo/ServerMain.class", b"")
    done = run("sweep", "unreplicated", "-j", str(jar), "--local", cwd=tmp_path)
    assert done.code == 2
    assert "has no main class frankenpaxos.unreplicated.ClientMain" in done.err
    assert "it has main classes in frankenpaxos.echo" in done.err
    jar.write_text("no zip")
    assert "is not a jar" in run("sweep", "unreplicated", "-j", str(jar), cwd=tmp_path).err
    assert not (tmp_path / "suites").exists()


@pytest.mark.ray
@pytest.mark.jvm
def test_an_unwritable_suite_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run("sweep", "unreplicated", "-s", str(tmp_path / "file" / "suites"), "--local", cwd=tmp_path)
    assert done.code == 2
    assert "cannot hold results: Not a directory" in done.err


@pytest.mark.ray
@pytest.mark.jvm
def test_no_ray_at_the_address_is_refused(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        done = run("sweep", "unreplicated", "--address", f"127.0.0.1:{closed.getsockname()[1]}", cwd=tmp_path)
    assert done.code == 2, done.err
    assert "no Ray cluster answers there" in done.err


def test_no_java_is_refused(ray_address: str, tmp_path: Path) -> None:
    done = run("sweep", "unreplicated", "--java", "/no/such/java", "--address", ray_address, cwd=tmp_path)
    assert done.code == 2, done.err
    assert "there is no such program" in done.err


def test_an_address_that_is_no_node_is_refused_by_name(ray_address: str, tmp_path: Path) -> None:
    cluster = tmp_path / "cluster.json"
    cluster.write_text(json.dumps({"1": {"clients": ["10.9.9.9"], "server": ["10.9.9.9"]}}))
    done = run("sweep", "unreplicated", "--cluster", str(cluster), "--address", ray_address, cwd=tmp_path)
    assert done.code == 2, done.err
    assert "but it is not in the Ray cluster, which has" in done.err


def test_from_python_paths_may_be_paths(tmp_path: Path) -> None:
    study, cluster, jar = (tmp_path / name for name in ("mine.py", "ec2.yaml", "my.jar"))
    with pytest.raises(fpray.Refused) as refused:
        fpray.sweep("unreplicated", study=study, cluster=cluster, jar=jar, suite_directory=tmp_path, scratch=tmp_path)
    for path in (study, cluster, jar):
        assert str(path) in str(refused.value)


def test_a_suite_that_is_not_there_hides_no_other_problem() -> None:
    """The suite of `-s` is looked for once, and a heap that old suites may have is refused beside it."""
    for directory, about in (("QQQQ", "-s QQQQ"), ("", "-s ''")):
        with pytest.raises(fpray.Refused) as refused:
            check_sweep("unreplicated", {"set": {"jvm_heap_size": "1k"}, "suite_directory": directory})
        assert [problem.about for problem in refused.value.problems] == [about, "jvm_heap_size=1k"]


def test_a_heap_is_refused_beside_what_where_and_the_study_refuse() -> None:
    heap = {"set": {"jvm_heap_size": "1k"}}
    for more in ({"where": {"num_clients_per_proc": [77777]}}, {"study": "peak"}):
        with pytest.raises(fpray.Refused) as refused:
            check_sweep("unreplicated", {**heap, **more})
        assert "jvm_heap_size=1k" in [problem.about for problem in refused.value.problems]
        assert len(refused.value.problems) == 2


def test_an_address_in_the_environment_is_checked_beside_a_wrong_cluster_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "http://10.0.0.5:8265")
    with pytest.raises(fpray.Refused) as refused:
        check_sweep("unreplicated", {"cluster": tmp_path / "none.json"})
    assert "RAY_ADDRESS http://10.0.0.5:8265" in [problem.about for problem in refused.value.problems]


def test_an_address_of_an_option_is_named_by_the_option_although_the_environment_has_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "http://10.0.0.5:8265")
    with pytest.raises(fpray.Refused) as refused:
        check_sweep("unreplicated", {"address": "http://10.0.0.5:8265"})
    assert [problem.about for problem in refused.value.problems] == ["--address http://10.0.0.5:8265"]


def test_heaps_that_no_machine_has_are_refused_before_a_suite_is_named(ray_address: str, tmp_path: Path) -> None:
    """K5: the suite does not exist then."""
    words = ["--set", "jvm_heap_size=9000g", "--address", ray_address]
    done = run("sweep", "unreplicated", *words, cwd=tmp_path)
    assert done.code == 2, done.err
    assert "of memory, but 3 of 3 trials need more for their heaps" in done.err
    assert "suite " not in done.err
    assert not list(tmp_path.glob("suites/*"))


def test_a_jar_may_lack_a_main_that_no_trial_starts(tmp_path: Path) -> None:
    """K5: a fork without batchers runs what needs none."""
    jar = tmp_path / "fork.jar"
    protocol = find_protocol("multipaxos")
    with zipfile.ZipFile(jar, "w") as archive:
        for role in protocol.roles:
            if role.name != "batcher":
                archive.writestr(protocol.main_class(role).replace(".", "/") + ".class", b"")
    without = {"jar": jar, "set": {"num_batchers": 0}}
    assert check_sweep("multipaxos", without).environment.jar.path == jar
    with pytest.raises(fpray.Refused, match=r"has no main class frankenpaxos\.multipaxos\.BatcherMain"):
        check_sweep("multipaxos", {"jar": jar, "vary": {"num_batchers": [0, 2]}})
