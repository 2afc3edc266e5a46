"""Each JVM of this machine writes its garbage collections with the options of its version, and they are read."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from fpray.metrics.gc_log import pauses
from fpray.metrics.gc_options import gc_options
from fpray.node.java import java_version

JAVAS = sorted({str(path.resolve()) for path in Path("/usr/lib/jvm").glob("*/bin/java")})
_GARBAGE = """
public class Garbage {
    public static void main(String[] words) {
        byte[][] kept = new byte[64][];
        for (int i = 0; i < 2000; i++) { kept[i % 64] = new byte[100_000]; }
        System.gc();
    }
}
"""


@pytest.mark.jvm
@pytest.mark.heavy
@pytest.mark.parametrize("java", JAVAS)
@pytest.mark.parametrize("collector", ["Serial", "Parallel", "G1"])
def test_pauses_are_read_from_the_log_of_a_real_jvm(java: str, collector: str, tmp_path: Path) -> None:
    (tmp_path / "Garbage.java").write_text(_GARBAGE)
    version = java_version(java)
    assert version >= 17
    words = [java, "-Xmx32m", f"-XX:+Use{collector}GC", *gc_options(version, "server"), "Garbage.java"]
    subprocess.run(words, cwd=tmp_path, check=True)
    read = list(pauses((tmp_path / "server_gc.log").read_text().splitlines()))
    assert len(read) > 3
    assert any("System.gc()" in pause.what for pause in read)
    assert all(0 <= pause.seconds < 60 for pause in read)
    assert any(pause.before is not None and pause.after is not None and pause.after < pause.before for pause in read)
    assert max(pause.time_ns for pause in read) >= (tmp_path / "Garbage.java").stat().st_mtime_ns - 2_000_000_000
