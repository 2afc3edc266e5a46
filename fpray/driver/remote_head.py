"""From a laptop: the driver of a sweep or a search runs on the head of the cluster, over SSH."""

from __future__ import annotations

import os
import secrets
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from fpray.cluster.launcher import Launcher
from fpray.driver.experiment import Experiment, Where
from fpray.driver.head import BOOTSTRAP, Head, belongs_here
from fpray.driver.secret_words import hand_over, secrets_of
from fpray.files.secret import Secret
from fpray.study.study_file import is_study_file

_FILES = "fpray-files"  # in the head's home: jars by their content, and study files

_KEPT_S = 600  # a secret that no command has read


def needs_remote_head(where: Where) -> bool:
    """Whether a launcher configuration names a cluster to which this machine does not belong."""
    if not isinstance(where.inventory, Launcher) or where.address is not None or os.environ.get("RAY_ADDRESS"):
        return False
    return not belongs_here(where.inventory)


def launch_on_head(experiment: Experiment, words: Sequence[str]) -> NoReturn:
    """Run `fpray WORDS`, which were checked, on the head; first copy the files that it needs from this machine.

    On the head it runs as a job of Ray's; what is shown here is the live display of the job.

    Raises:
        FprayError: the head cannot be reached.
    """
    launcher, jar, study = experiment.where.inventory, experiment.environment.jar, experiment.selection.study
    assert isinstance(launcher, Launcher)
    head = Head.of(launcher)
    home = head.ask(f"mkdir -p {_FILES} && pwd").strip()
    words = [*words, "--cluster", f"{home}/{BOOTSTRAP}", "--as-job", f"--cluster {launcher.path}"]
    if not jar.reference:
        place = f"{home}/{_FILES}/{jar.sha256[:16]}"  # so that no other jar of this name is overwritten
        head.ask(f"mkdir -p {shlex.quote(place)}")
        words += ["--jar", _put(head, place, jar.path)]
    if is_study_file(study):
        words += ["--study", _put(head, f"{home}/{_FILES}", Path(study))]
    private = secrets_of(experiment.outputs.arguments)  # last: what fails before leaves no file there
    head.become(hand_over(words, private, lambda _, secret: _put_secret(head, home, secret)))


def _put_secret(head: Head, home: str, secret: Secret) -> str:
    """Write a secret to a file on the head that only its user can read; the command there removes it.

    Where that command never runs, since the connection breaks just now, the file is gone after ten minutes.
    It goes through the standard input of ssh: a command line is seen by all users of both machines.
    """
    path = f"{home}/{_FILES}/secret-{secrets.token_hex(8)}"
    file = shlex.quote(path)
    later = f"nohup sh -c 'sleep {_KEPT_S}; rm -f \"$0\"' {file} < /dev/null > /dev/null 2>&1 &"
    head.ask(f"umask 077 && cat > {file} && {{ {later} }}", secret.value)
    return path


def _put(head: Head, place: str, file: Path) -> str:
    """Copy a file into a directory of the head."""
    head.copy(file, f"{place}/")
    return f"{place}/{file.name}"
