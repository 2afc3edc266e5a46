"""The jars that a machine keeps."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fpray.errors import Lost
from fpray.node.jar_cache import JarCache
from tests.node.programs import sha256


def test_a_jar_is_where_the_driver_has_it_as_long_as_it_is_that_jar(tmp_path: Path, cache: Path) -> None:
    jar, jars = tmp_path / "my.jar", JarCache()
    jar.write_bytes(b"one")
    assert jars.find(str(jar), sha256(b"one")) == str(jar)
    jar.write_bytes(b"another")
    assert jars.find(str(jar), sha256(b"one")) is None, "a jar that was built anew is another one"
    path, came = jars.keep(sha256(b"one"), iter([b"o", b"ne"]))
    assert (path, came) == (str(cache / f"{sha256(b'one')}.jar"), True)
    assert jars.find(str(jar), sha256(b"one")) == path
    Path(path).write_bytes(b"broken")
    assert jars.find(str(jar), sha256(b"one")) is None, "it is checked when it is used"


def test_sweeps_that_begin_at_once_fetch_a_jar_once(cache: Path) -> None:
    fetches, ready = [], threading.Barrier(4)

    def pieces() -> Iterator[bytes]:
        fetches.append(1)
        time.sleep(0.05)
        yield b"jar"

    def keep() -> None:
        ready.wait()
        JarCache().keep(sha256(b"jar"), pieces())

    threads = [threading.Thread(target=keep) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(fetches) == 1
    assert [path.name for path in cache.glob("*.jar")] == [f"{sha256(b'jar')}.jar"]


def test_a_jar_that_is_torn_on_its_way_is_not_kept(cache: Path) -> None:
    with pytest.raises(Lost, match="damaged while it was copied"):
        JarCache().keep(sha256(b"whole"), iter([b"whol"]))
    assert not list(cache.glob("*.jar"))


def test_jars_that_are_not_used_are_removed(cache: Path) -> None:
    cache.mkdir(parents=True)
    for name, days in (("old", 20.0), ("large", 3.0), ("used", 0.5)):
        path = cache / f"{name}.jar"
        path.write_bytes(b"12345678")
        os.utime(path, (time.time() - days * 86_400, path.stat().st_mtime))
    JarCache(most_bytes=10).keep(sha256(b"new"), iter([b"new"]))
    assert {path.stem for path in cache.glob("*.jar")} == {sha256(b"new"), "used"}


@pytest.mark.parametrize("directory", ["v1:2", "*"])
def test_a_path_that_means_something_else_in_a_class_path_is_not_used(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, directory: str
) -> None:
    """A3: the JVM gets the copy that is kept by its hash, and that is nowhere such a path, either."""
    jar = tmp_path / directory / "a.jar" if directory != "*" else tmp_path / "*"
    jar.parent.mkdir(exist_ok=True)
    jar.write_bytes(b"jar")
    jars = JarCache()
    assert jars.find(str(jar), sha256(b"jar")) is None, "it must be sent"
    assert jars.keep(sha256(b"jar"), iter([b"jar"]))[0] == str(cache / f"{sha256(b'jar')}.jar")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "a:b"))
    path, _ = jars.keep(sha256(b"jar"), iter([b"jar"]))
    Path(path).unlink()
    assert ":" not in path
