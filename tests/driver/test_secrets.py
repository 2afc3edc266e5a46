"""Secrets of `--notify` and `--storage` are in no file that a sweep writes, in no log, and in no `ps`."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from fpray.driver.command_words import CommandWords, OptionWords
from fpray.driver.notify_targets import read_targets
from fpray.driver.secret_words import hide_from_ps, secrets_of
from fpray.files.secret import Secret
from fpray.files.user_directory import user_directory
from fpray.node.supervisor.procfs import pids, read_words
from fpray.searching.experiment import check_search
from fpray.searching.storage_url import read_storage
from fpray.testing.fake_machines import FakeMachines
from tests.conftest import QUICK, cli, run, start, wait_for
from tests.driver.held import PATIENT, hold_clients, release
from tests.support.patience import LONG
from tests.support.suites import only_suite
from tests.support.sweeps import finished, run_on

KEY = "T0PS3CR3TKEY"


@contextlib.contextmanager
def hook() -> Iterator[tuple[str, list[str]]]:
    """The URL of a chat's hook, with a secret as its path, and the paths that were posted to; it always fails."""
    posts: list[str] = []

    class Server(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posts.append(self.path)
            self.send_response(500, f"wrong {self.path} \x1b[2J")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/services/{KEY}", posts
        server.shutdown()


def places_of(key: str, *directories: Path) -> list[str]:
    """Every file with a text in its name or its content; some directories are other processes', which remove files."""
    places = []
    for directory in directories:
        for parent, _, names in os.walk(directory):
            for file in (Path(parent) / name for name in names):
                with contextlib.suppress(OSError):
                    content = file.read_bytes() if file.is_file() else b""
                    places += [str(file)] if key.encode() in os.fsencode(file) + content else []
    return places


def in_ps(key: str) -> list[str]:
    """Every command line of the machine with a text in it, as all users see them."""
    lines = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            lines.append(file.read_bytes().decode(errors="replace"))
    return [line for line in lines if key in line]


@pytest.mark.parametrize("how", ["literal", "env", "file", "command"])
@pytest.mark.heavy
def test_a_hook_that_fails_is_in_no_file(how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """G9: not in suite.json, args.json or driver.log, however it was given."""
    monkeypatch.chdir(tmp_path)
    with hook() as (url, posts):
        (tmp_path / "key").write_text(url)
        (tmp_path / "key").chmod(0o600)
        monkeypatch.setenv("HOOK", url)
        target = {
            "literal": url,
            "env": "env:HOOK",
            "file": f"file:{tmp_path / 'key'}",
            "command": f"sh -c 'echo cannot reach {url} >&2; exit 1'",
        }[how]
        run_on(FakeMachines(["10.0.0.1"]), finished, tmp_path, notify=[target], loops=1)
        (tmp_path / "key").unlink()
    suite = only_suite(tmp_path)
    assert len(posts) == (0 if how == "command" else 1)
    log = (suite / "driver.log").read_text()
    assert "did not get the message 'finished' of the sweep: " in log
    assert "\x1b" not in log
    assert places_of(KEY, tmp_path) == []


@pytest.mark.ray
@pytest.mark.jvm
def test_a_detached_sweep_gets_it_and_ps_does_not(tmp_path: Path) -> None:
    """G9: typed on the command line, it is covered there; its background process gets it in a file that is gone."""
    with hook() as (url, posts):
        words = ["sweep", "unreplicated", *PATIENT, "--vary", "num_clients_per_proc=0", "--local"]
        done = run(*words, f"--notify={url}", "--notify", url, "--detach", cwd=tmp_path)
        assert done.code == 0, done.err
        clients = hold_clients(tmp_path)
        assert in_ps(KEY) == []
        release(clients)
        wait_for(lambda: len(posts) == 2, LONG, "the notices")
        log = only_suite(tmp_path) / "driver.log"
        wait_for(lambda: "did not get the message" in log.read_text(), LONG, "its failure in the log")
    assert posts == [f"/services/{KEY}"] * 2
    assert places_of(KEY, tmp_path, user_directory()) == []


@pytest.mark.ray
@pytest.mark.jvm
def test_in_the_foreground_ps_does_not_show_it_either(tmp_path: Path) -> None:
    """G9: and neither do Ray's files, which record the command line of a driver."""
    with hook() as (url, posts):
        words = ["sweep", "unreplicated", *PATIENT, "--vary", "num_clients_per_proc=0", "--local", "--notify", url]
        process = start(*words, cwd=tmp_path)
        clients = hold_clients(tmp_path)
        assert in_ps(KEY) == []
        assert places_of(KEY, tmp_path, user_directory()) == []
        release(clients)
        process.communicate(timeout=LONG)
        assert (process.returncode, len(posts)) == (0, 1)


def test_a_process_covers_its_own_command_line() -> None:
    code = (
        "import sys; from fpray.driver.secret_words import hide_from_ps; from fpray.files.secret import Secret;"
        "hide_from_ps([Secret(sys.argv[1], '...'), Secret('x', 'y')]);"
        "print(sys.argv[1], open('/proc/self/cmdline').read())"
    )
    words = [sys.executable, "-c", code, "first-secret", "--a=first-secret", "z"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    argument, line = done.stdout.strip().split(" ", 1)
    assert argument == "first-secret"
    assert line.rstrip("\0").split("\0")[-3:] == ["************", "--a=************", "z"]
    assert hide_from_ps([Secret("nowhere to be seen", "...")]) is None  # type: ignore[func-returns-value]


def test_only_the_values_of_options_that_have_a_secret_are_handed_over() -> None:
    secrets = secrets_of({"notify": (Secret("v1", "s", given="env:A"),), "storage": Secret("v2", "s", given="x://h")})
    options = [("notify", "--notify", "env:A"), ("set", "--set", "k=env:A"), ("storage", "--storage", "x://h")]
    command = CommandWords("sweep", ["env:A"], [OptionWords(*option) for option in options])
    handed = ["sweep", "env:A", "--notify", "once:/s0", "--set", "k=env:A", "--storage", "once:/s2"]
    assert command.handed_over(secrets, lambda number, _: f"/s{number}").words == handed


@pytest.mark.parametrize(
    ("target", "visible"),
    [
        ("https://hooks.example.com/services/T1/B2/key", "https://hooks.example.com/..."),
        ("https://h/?token=key", "https://h/..."),
        ("http://h:8080/", "http://h:8080/"),
        ("HTTP://[::1]:80/a", "http://[::1]:80/..."),
        ("curl -d @- 'https://u:key@h/p' -H x", "curl -d @- 'https://h/...' -H x"),
        ("sh -c 'cat > /tmp/x'", "sh -c 'cat > /tmp/x'"),
    ],
)
def test_what_is_shown_of_a_target(target: str, visible: str) -> None:
    """G9: of a URL, the host."""
    [secret], _ = read_targets([target])
    assert (str(secret), secret.value) == (visible, target)


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("http://[::1", "is not a URL: write one such as http://"),
        ("http://", "is not a URL: write"),
        ("http:///path", "is not a URL: write"),
        ("http://h:99999/", "is not a URL: write"),
        ("http://h:port/", "is not a URL: write"),
        ("https://h/a b", "is not a URL, because a URL cannot contain ' '"),
        ("https://h/\x1b[2J", r"is not a URL, because a URL cannot contain '\x1b'"),
        ("https://h/ü", "is not a URL, because a URL cannot contain 'ü'"),
        (
            "https://user:pass@h/",
            "holds a password, which the command ps shows to all users: put the whole URL into",
        ),
        ("env:NO_SUCH_VARIABLE", "--notify env:NO_SUCH_VARIABLE"),
        ("file:/no/such/file", "cannot be read: No such file or directory"),
        ("echo \0", "this machine has no program"),
        ("", "this machine has no program ''"),
    ],
)
def test_a_target_that_cannot_be_is_refused_before_anything_starts(target: str, sentence: str, tmp_path: Path) -> None:
    """I7: a URL that is none; G9: a password on the command line."""
    done = cli("sweep", "unreplicated", *QUICK, "--notify", target, "-s", str(tmp_path))
    assert done.exit_code == 2
    assert sentence in done.stderr
    assert "\x1b" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_whatever_a_target_raises_the_others_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """I7: an exception in the thread of notices is a sentence, and the next target gets its notice."""
    from fpray.driver import notify

    def fails(*_: object) -> None:
        raise RuntimeError("odd")

    monkeypatch.setattr(notify, "_post", fails)
    file, messages = tmp_path / "file", list[str]()
    targets, _ = read_targets(["http://127.0.0.1:1/", f"tee {file}"])
    with notify.Notifier(targets, dict, messages.append) as notices:
        notices.tell("finished", "one")
        notices.tell("failed", "two")
    assert all(": odd. Check that URL or command; the sweep and its results are" in message for message in messages)
    assert len(messages) == 2
    assert '"two"' in file.read_text()


@pytest.mark.parametrize(
    ("url", "visible"),
    [
        ("postgresql://me:pw12345@h:5432/db", "postgresql://me@h:5432/db"),
        ("postgresql://me@h/db?password=pw12345&sslmode=require", "postgresql://me@h/db?sslmode=require"),
        ("mysql+pymysql://me@h/db?read_default_file=/f", "mysql+pymysql://me@h/db?read_default_file=/f"),
        ("sqlite:////tmp/x.db", "sqlite:////tmp/x.db"),
        ("journal", "journal"),
    ],
)
def test_what_is_stored_of_a_storage(url: str, visible: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """G9: the URL without its secret."""
    monkeypatch.setenv("STORAGE", url)
    storage, problems = read_storage("env:STORAGE")
    assert (str(storage), problems) == (visible, [])
    assert storage is not None
    assert storage.value == url


def test_a_storage_from_the_environment_is_nowhere_in_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """G9: neither in what suite.json keeps of the search nor in the command."""
    pytest.importorskip("sqlalchemy")
    monkeypatch.setattr("fpray.searching.problem_reader.storage_problems", lambda _: [])
    monkeypatch.setenv("STORAGE", "postgresql://me:pw12345@h/db")
    for text in ("env:STORAGE", os.environ["STORAGE"]):
        request = check_search(
            "unreplicated",
            {"maximize": "measured.throughput", "space": {"num_clients_per_proc": [1, 2]}, "storage": text},
            f"fpray search --storage {text}",
        )
        assert request.record["search"]["storage"] == "postgresql://me@h/db"
        assert "pw12345" not in repr(request)


@pytest.mark.jvm
def test_a_database_that_cannot_be_opened_does_not_give_the_secret_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """G9: an error of its driver may quote the URL."""
    monkeypatch.setenv("STORAGE", f"sqlite+pysqlite://user:{KEY}@host/db?token={KEY}")
    words = ["search", "unreplicated", "--maximize", "measured.throughput", "--space", "num_clients_per_proc=1..8"]
    done = run(*words, *QUICK, "--storage", "env:STORAGE", "--local", cwd=tmp_path)
    assert done.code == 2
    assert "--storage sqlite+pysqlite://user@host/db" in done.err
    assert KEY not in done.err + done.out
    assert places_of(KEY, tmp_path) == []
    refusal = run(*words, "--storage", os.environ["STORAGE"], cwd=tmp_path)
    assert refusal.code == 2
    assert "holds a password, which the command ps and the files of results show to all users" in refusal.err
    assert "write env:NAME" in refusal.err
    assert KEY not in refusal.err


def test_on_the_head_it_is_a_private_file_and_never_an_argument(tmp_path: Path) -> None:
    """G9: it goes through the standard input of ssh."""
    from fpray.driver import remote_head
    from fpray.driver.head import Head

    (tmp_path / "fpray-files").mkdir()
    arguments = tmp_path / "arguments"
    head = Head("me@head", ("sh", "-c", f'echo "$@" >> {arguments}; umask 0; eval "$3"', "ssh"))
    path = Path(remote_head._put_secret(head, str(tmp_path), Secret(f"https://h/{KEY}", "https://h/...")))
    assert path.read_text() == f"https://h/{KEY}"
    assert path.stat().st_mode & 0o777 == 0o600
    assert "me@head" in (text := arguments.read_text()) and KEY not in text  # noqa: PT018
    path.unlink()  # as the command there does
    wait_for(lambda: not any(os.fsencode(path) in read_words(pid) for pid in pids()), LONG, "nothing waits for it")


@pytest.mark.heavy
def test_a_secret_on_the_head_that_no_command_reads_goes_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """G9: the connection may break, or the command there be refused, before it is read."""
    from fpray.driver import remote_head
    from fpray.driver.head import Head

    (tmp_path / "fpray-files").mkdir()
    monkeypatch.setattr(remote_head, "_KEPT_S", 4)
    head = Head("me@head", ("sh", "-c", 'eval "$3"', "ssh"))
    path = Path(remote_head._put_secret(head, str(tmp_path), Secret(f"https://h/{KEY}", "https://h/...")))
    assert path.exists()
    wait_for(lambda: not path.exists(), LONG, "it is gone")
