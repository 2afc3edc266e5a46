"""The process beside the driver that is connected to Ray: whatever ends it, the driver lives, and nothing is left."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import stat
import subprocess
from pathlib import Path

import psutil
import pytest

from fpray.files.user_directory import user_directory
from tests.conftest import FPRAY, QUICK, run, start, stays, wait_for
from tests.driver.held import PATIENT, hold_clients, release
from tests.support.patience import LONG
from tests.support.processes import Seen, below, command_of, jvms, lives, name_of, parent_of, seen
from tests.support.rings import some_fast

ROOT = Path(__file__).parents[3]

pytestmark = [pytest.mark.ray, pytest.mark.jvm]
SWEEP = ("sweep", "unreplicated", "--local", "--vary", "num_clients_per_proc=1")
ENV = {"RAY_ADDRESS": ""}
# Less than the 90 s that Ray's agents stayed. The promise is 10 s: bench-kills measures it, on a machine that is idle.
SOON = 60.0


def _ray_process(driver: subprocess.Popen[str]) -> Seen | None:
    return next((child for child in below(driver.pid, deep=False) if "ray_process" in command_of(child)), None)


def _of_session(leader: int) -> list[Seen]:
    """The living processes of Ray that belong to one Ray process."""
    living = []
    for process in seen(psutil.pids()):
        with contextlib.suppress(OSError):
            living += [process] if os.getsid(process.pid) == leader and lives(process) else []
    return living


def _named(driver: subprocess.Popen[str], name: str) -> Seen:
    """A process of the driver's Ray by its name, as soon as it runs."""
    victims: list[Seen] = []

    def runs() -> bool:
        ray = _ray_process(driver)
        if ray is not None and name == "fpray-ray":
            victims.append(ray)
        elif ray is not None:
            victims.extend(process for process in _of_session(ray.pid) if name_of(process) == name)
        return bool(victims)

    wait_for(runs, LONG, f"{name} runs")
    return victims[0]


def _outcome(directory: Path) -> dict[str, object]:
    (path,) = directory.glob("suites/*/001/outcome.json")
    outcome: dict[str, object] = json.loads(path.read_text())
    return outcome


def _nothing_is_left(directory: Path, driver: subprocess.Popen[str], session: int) -> None:
    wait_for(lambda: not _of_session(session), SOON, "Ray's processes have ended")
    wait_for(lambda: not jvms(str(directory)), SOON, "JVMs have ended")
    wait_for(lambda: not list(user_directory().glob(f"ray-{driver.pid}-*")), SOON, "its directory is removed")


@pytest.mark.parametrize("name", some_fast(["raylet", "gcs_server", "fpray-ray"], every=3))
def test_a_part_of_ray_that_is_killed_in_mid_trial_costs_an_attempt(name: str, tmp_path: Path) -> None:
    """H2: the trial is lost and runs again; exit code and sentences are those of a sweep that went well."""
    driver = start(*SWEEP, *PATIENT, cwd=tmp_path, env=ENV)
    hold_clients(tmp_path)
    session = _named(driver, "fpray-ray").pid
    _named(driver, name).kill()
    _, messages = driver.communicate(timeout=LONG)
    assert driver.returncode == 0, messages
    assert "001" in messages
    assert "runs again" in messages
    assert "1 finished" in messages
    assert "Traceback" not in messages
    assert _outcome(tmp_path)["status"] == "finished"
    _nothing_is_left(tmp_path, driver, session)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["raylet", "gcs_server", "fpray-ray"])
def test_a_part_of_ray_that_is_killed_in_its_start_is_started_again(name: str, tmp_path: Path) -> None:
    """H2, C2: Ray is started a second time."""
    driver = start(*SWEEP, *QUICK, cwd=tmp_path, env=ENV)
    _named(driver, name).kill()
    _, messages = driver.communicate(timeout=LONG)
    assert driver.returncode == 0, messages
    assert "Traceback" not in messages


@pytest.mark.slow
def test_a_gcs_that_stands_still_in_the_start_is_waited_for(tmp_path: Path) -> None:
    """H5: a busy machine is no reason to end."""
    driver = start(*SWEEP, *QUICK, cwd=tmp_path, env=ENV)
    gcs = _named(driver, "gcs_server")
    gcs.suspend()
    stays(lambda: driver.poll() is None, 3, "the driver waits")
    gcs.resume()
    _, messages = driver.communicate(timeout=LONG)
    assert driver.returncode == 0, messages


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("fpray-ray", signal.SIGINT),
        ("gcs_server", signal.SIGTERM),
        ("raylet", signal.SIGHUP),
        pytest.param("fpray-ray", signal.SIGHUP, marks=pytest.mark.slow),
        pytest.param("gcs_server", signal.SIGINT, marks=pytest.mark.slow),
        pytest.param("raylet", signal.SIGTERM, marks=pytest.mark.slow),
    ],
)
def test_a_signal_while_ray_starts_ends_the_command(name: str, number: signal.Signals, tmp_path: Path) -> None:
    """H4: exit code 130 at any moment, and nothing is left."""
    driver = start(*SWEEP, *QUICK, cwd=tmp_path, env=ENV)
    _named(driver, name)
    ray = _ray_process(driver)
    driver.send_signal(number)
    _, messages = driver.communicate(timeout=LONG)
    assert driver.returncode == 130, messages
    assert "Traceback" not in messages
    if ray is not None:
        _nothing_is_left(tmp_path, driver, ray.pid)


@pytest.mark.slow
@pytest.mark.parametrize("victims", [("driver",), ("driver", "fpray-ray")])
def test_of_a_driver_that_is_killed_nothing_is_left_after_seconds(victims: tuple[str, ...], tmp_path: Path) -> None:
    """H4: Ray's agents stayed for up to 90 s."""
    driver = start(*SWEEP, *PATIENT, cwd=tmp_path, env=ENV)
    clients = hold_clients(tmp_path)
    ray = _named(driver, "fpray-ray")
    if "fpray-ray" in victims:
        ray.suspend()  # it must not have the time to see the driver's end
    driver.kill()
    driver.communicate()
    if "fpray-ray" in victims:
        ray.kill()
        # No process is left that could end Ray's agents: the next command does.
        wait_for(lambda: not jvms(str(tmp_path)), SOON, "JVMs have ended")
        done = run(*SWEEP, *QUICK, "--new", cwd=tmp_path, env=ENV)
        assert done.code == 0, done.err
    del clients
    _nothing_is_left(tmp_path, driver, ray.pid)


@pytest.mark.slow
def test_a_supervisor_that_is_stopped_ends_with_its_driver(tmp_path: Path) -> None:
    """H3: its JVMs lived until the next command, on a busy machine for more than 10 s of that."""
    driver = start(*SWEEP, *PATIENT, cwd=tmp_path, env=ENV)
    hold_clients(tmp_path)
    session = _named(driver, "fpray-ray").pid
    server = next(jvm for jvm in jvms(str(tmp_path)) if "ServerMain" in command_of(jvm))
    supervisor = parent_of(server)
    supervisor.suspend()
    driver.kill()
    driver.communicate()
    _nothing_is_left(tmp_path, driver, session)
    assert not lives(supervisor)


@pytest.mark.slow
def test_settings_of_the_users_python_do_not_reach_ray(tmp_path: Path) -> None:
    """C1: without docstrings Ray does not start."""
    settings = {"PYTHONOPTIMIZE": "2", "MPLBACKEND": "module://none", "PYTHONSTARTUP": "/none"}
    done = run(*SWEEP, *QUICK, cwd=tmp_path, env={**ENV, **settings})
    assert done.code == 0, done.err


@pytest.mark.slow
def test_a_module_beside_the_user_takes_the_place_of_none(tmp_path: Path) -> None:
    for name in ("ray", "grpc", "queue", "pickle"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('a file of the user')")
    done = run(*SWEEP, *QUICK, cwd=tmp_path, env=ENV)
    assert done.code == 0, done.err


# This checkout stays where it is, even if that is below /tmp.
NEW_TMP = f"mkdir here; mount --bind {ROOT} here; mount -t tmpfs -o size=64k none /tmp; mkdir -p {ROOT}"
NEW_TMP += f"; mount --bind here {ROOT}"


def _isolated(script: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """A sweep after a script, as root of a file system of its own."""
    if os.geteuid() != 0:
        pytest.skip("needs mounts of its own: run as root")
    sweep = " ".join(["fpray", *SWEEP, *QUICK])
    path = f"{Path(FPRAY).parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["unshare", "-m", "sh", "-c", f"{script}; {sweep}"],
        cwd=directory, env={**os.environ, **ENV, "PATH": path}, capture_output=True, text=True, timeout=2 * LONG,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    "script",
    [
        f"{NEW_TMP}; mount -o remount,ro /tmp",
        f"{NEW_TMP}; head -c 65536 /dev/zero > /tmp/full 2>/dev/null",
        "mount -t tmpfs -o ro none /dev/shm",
    ],
    ids=["read-only /tmp", "full /tmp", "read-only /dev/shm"],
)
def test_where_ray_cannot_start_a_sentence_says_why(script: str) -> None:
    """C1: within a minute, exit code 2."""
    directory = Path.home() / f".fpray-test-{os.getpid()}"
    directory.mkdir()
    try:
        done = _isolated(script, directory)
    finally:
        subprocess.run(["rm", "-rf", str(directory)], check=True)
    assert done.returncode == 2, done.stderr
    assert "nothing was started" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Ray" in done.stderr or "/tmp" in done.stderr


@pytest.mark.slow
def test_a_forked_child_of_a_process_that_has_swept_is_refused(tmp_path: Path) -> None:
    """C3: it hung for ever."""
    code = (
        "import fpray, multiprocessing\n"
        "settings = {'warmup_duration': '200ms', 'duration': '500ms', 'timeout': '5s', 'warmup_timeout': '5s'}\n"
        "grid = {'num_client_procs': [1]}\n"
        "def sweep():\n"
        "    try: return fpray.sweep('unreplicated', vary=grid, set=settings, new=True, local=True).exit_code\n"
        "    except fpray.Refused as refused: return str(refused)\n"
        "print(sweep())\n"
        "with multiprocessing.get_context('fork').Pool(1) as pool: print(pool.apply(sweep))\n"
    )
    python = FPRAY.removesuffix("fpray") + "python"
    done = subprocess.run([python, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=LONG)
    assert done.stdout.startswith("0\nnothing was started:\n  this process was forked"), done.stderr
    assert "spawn" in done.stdout


def _all_below(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if not path.is_symlink()]


def test_everything_of_an_embedded_ray_lies_in_a_directory_of_its_users_own(tmp_path: Path) -> None:
    """G1: Ray opens its own directories to all users; none of them can be reached."""
    driver = start(*SWEEP, *PATIENT, cwd=tmp_path, env=ENV)
    clients = hold_clients(tmp_path)
    (directory,) = user_directory().glob(f"ray-{driver.pid}-*")
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert stat.S_IMODE(user_directory().stat().st_mode) == 0o700
    sockets = [path for path in _all_below(directory) if stat.S_ISSOCK(path.stat().st_mode)]
    assert sockets
    assert all(len(os.fsencode(path)) <= 107 for path in sockets)
    release(clients)
    driver.send_signal(signal.SIGINT)
    driver.communicate(timeout=LONG)


@pytest.mark.slow
def test_the_directory_of_a_living_driver_is_never_removed(tmp_path: Path) -> None:
    """G8: its lock tells, not its process id, which another container does not see."""
    directory = user_directory() / "ray-4194304-0"  # a process id that no process has
    directory.mkdir(mode=0o700)
    with (directory / "driver.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = run(*SWEEP, *QUICK, cwd=tmp_path, env=ENV)
        assert done.code == 0, done.err
        assert directory.exists()
    done = run(*SWEEP, *QUICK, "--new", cwd=tmp_path, env=ENV)
    assert done.code == 0, done.err
    assert not directory.exists()
