"""Every JDK of the machine records itself with the same arguments, and what there is comes back however it ends."""

from __future__ import annotations

import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from fpray.files import layout
from fpray.node.attach import AttachError, load_agent
from fpray.profiles.findings import gather
from fpray.profiles.flight_recorder import recording_arguments, settings
from fpray.profiles.jfr.samples import Sample, read_samples
from tests.conftest import wait_for
from tests.support.patience import LONG

pytestmark = [pytest.mark.jvm, pytest.mark.heavy]

JDKS = sorted({path.resolve() for path in Path("/usr/lib/jvm").glob("*/bin/java")}) or [Path("java")]


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled program, for JDK 8 and later where the compiler can do that."""
    directory = tmp_path_factory.mktemp("classes")
    source = Path(__file__).with_name("Busy.java")
    subprocess.run(["javac", "--release", "8", "-Xlint:-options", "-d", directory, source], check=True)
    return directory


def _start(
    java: Path, directory: Path, classes: Path, *words: str, more: tuple[str, ...] = ()
) -> subprocess.Popen[bytes]:
    (directory / layout.PROFILE_SETTINGS).write_text(settings())
    command = [str(java), *(more or recording_arguments("server")), "-cp", str(classes), "Busy", *words]
    with (directory / "out.txt").open("wb") as out:
        return subprocess.Popen(command, cwd=directory, stdout=out, stderr=subprocess.STDOUT)


def _is_done(directory: Path) -> bool:
    return "done " in (directory / "out.txt").read_text(errors="replace")


def _work(samples: list[Sample]) -> list[Sample]:
    return [sample for sample in samples if "Busy.work" in sample.frames]


@pytest.mark.parametrize("java", JDKS, ids=str)
@pytest.mark.parametrize("end", [None, signal.SIGTERM, signal.SIGKILL])
def test_its_recording_is_read(java: Path, end: signal.Signals | None, tmp_path: Path, classes: Path) -> None:
    process = _start(java, tmp_path, classes, "1000", *(["wait"] if end else []))
    try:
        if end:
            wait_for(lambda: _is_done(tmp_path) or process.poll() is not None, LONG, "the end of the work")
            if end is signal.SIGKILL:  # it writes what it has recorded once a second
                wait_for(lambda: _has_recorded(tmp_path), LONG, "a recording")
            process.send_signal(end)
        process.wait(LONG)
    finally:
        process.kill()
        process.wait()
    samples = list(read_samples(gather(tmp_path, "server")))
    assert _work(samples), (tmp_path / "out.txt").read_text()
    assert {sample.thread for sample in _work(samples)} == {"main"}
    assert not (tmp_path / layout.recording_parts("server")).exists()


def _has_recorded(directory: Path) -> bool:
    """Whether the parts on disk have a sample of the work already."""
    copy = directory / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    try:
        shutil.copytree(directory / layout.recording_parts("server"), copy / layout.recording_parts("server"))
        return bool(_work(list(read_samples(gather(copy, "server")))))
    except (OSError, ValueError):
        return False


@pytest.mark.parametrize("java", JDKS, ids=str)
def test_a_java_that_was_made_without_flight_recorder_says_so(java: Path, tmp_path: Path, classes: Path) -> None:
    """The note of a trial repeats it: `test_profiled_trials`."""
    if not (jlink := java.with_name("jlink")).exists():
        pytest.skip("this is no JDK with jlink")
    image = tmp_path / "jre"
    done = subprocess.run([jlink, "--add-modules", "java.base", "--output", image], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"jlink cannot make an image here: {done.stdout}")
    assert _start(image / "bin" / "java", tmp_path, classes, "1").wait(LONG) == 1
    assert "Module jdk.jfr not found" in (tmp_path / "out.txt").read_text()
    with pytest.raises(FileNotFoundError):
        gather(tmp_path, "server")


def test_a_jvm_that_refuses_an_agent_goes_on(tmp_path: Path, classes: Path) -> None:
    process = _start(Path("java"), tmp_path, classes, "1", "wait", more=("-Xmx50m",))
    try:
        wait_for(lambda: _is_done(tmp_path), LONG, "a JVM that runs")
        quit_signal = lambda: process.send_signal(signal.SIGQUIT)  # noqa: E731
        for _ in range(2):  # the second time, it listens already
            with pytest.raises(AttachError, match=r"it refused the profiler: .*none\.so"):
                load_agent(process.pid, quit_signal, str(tmp_path / "none.so"), ["start"])
        assert process.poll() is None
        assert not list(tmp_path.glob(".attach*"))
    finally:
        process.kill()
        process.wait()
