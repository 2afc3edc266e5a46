"""From a laptop: the driver runs on the head of the cluster, over SSH."""

from __future__ import annotations

import secrets
import shlex
from pathlib import Path
from typing import NoReturn

from fpray.cluster.launcher import Launcher
from fpray.driver.command_words import CommandWords
from fpray.driver.experiment import Experiment
from fpray.driver.head import BOOTSTRAP, Head
from fpray.files.secret import Secret
from fpray.study.study_file import StudyFile

_FILES = "fpray-files"  # in the head's home: jars by their content, and study files

_KEPT_S = 600  # a secret that no command has read


def launch_on_head(experiment: Experiment, command: CommandWords) -> NoReturn:
    """Run a command, which was checked, on the head; first copy the files that it needs from this machine.

    On the head it runs as a job of Ray's; what is shown here is the live display of the job.

    Raises:
        FprayError: the head cannot be reached.
    """
    launcher, jar, study_file = experiment.where.inventory, experiment.environment.jar, experiment.study_file
    assert isinstance(launcher, Launcher)
    head = Head.of(launcher)
    home = head.ask(f"mkdir -p {_FILES} && pwd").strip()
    command = command.with_option("cluster", f"{home}/{BOOTSTRAP}").with_option("as_job", f"--cluster {launcher.path}")
    if not jar.reference:
        place = f"{home}/{_FILES}/{jar.sha256[:16]}"  # so that no other jar of this name is overwritten
        head.ask(f"mkdir -p {shlex.quote(place)}")
        command = command.with_option("jar", _put(head, place, jar.path))
    if study_file is not None:
        command = command.with_option("study", _put_study(head, home, study_file))
    private = experiment.outputs.secrets  # last: what fails before leaves no file there
    head.become(command.handed_over(private, lambda _, secret: _put_secret(head, home, secret)).words)


def _put_secret(head: Head, home: str, secret: Secret) -> str:
    """Write a secret to a file on the head that only its user can read; the command there removes it.

    Where that command never runs, since the connection breaks just now, the file is gone after ten minutes. What waits
    for that ends within a second after the file was read.
    It goes through the standard input of ssh: a command line is seen by all users of both machines.
    """
    path = f"{home}/{_FILES}/secret-{secrets.token_hex(8)}"
    file = shlex.quote(path)
    waiting = f'n={_KEPT_S}; while [ -e "$0" ] && [ $n -gt 0 ]; do sleep 1; n=$((n - 1)); done; rm -f "$0"'
    later = f"nohup sh -c '{waiting}' {file} < /dev/null > /dev/null 2>&1 &"
    head.ask(f"umask 077 && cat > {file} && {{ {later} }}", secret.value)
    return path


def _put_study(head: Head, home: str, file: StudyFile) -> str:
    """Write a study file on the head: what was read here, as the file may have changed since."""
    path = f"{home}/{_FILES}/{file.path.name}"
    head.ask(f"cat > {shlex.quote(path)}", file.code.decode("utf-8", "surrogateescape"))
    return path


def _put(head: Head, place: str, file: Path) -> str:
    """Copy a file into a directory of the head."""
    head.copy(file, f"{place}/")
    return f"{place}/{file.name}"
