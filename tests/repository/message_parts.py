"""Which messages of fpray are only parts of others, and the messages in which a user sees them.

A part reaches its message by way of an exception, a value or a thread, which the draw does not follow. A table row
here is out of date when its message is not there any more; `whole` raises an error then.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple


class Part(NamedTuple):
    """Texts of a file that match a pattern stand in a message of another file, in place of a placeholder."""

    file: str
    pattern: str
    message_file: str
    placeholder: str
    message: str  # how the message begins, where its file has several with this placeholder


_ON_MACHINE = "fpray's next attempt|fpray's supervisor, which starts|copied to the directory of results, because"
_NODE = "machine {host}: "
PARTS = (
    Part(
        "fpray/searching/study_check.py",
        "this Optuna study|never writes",
        "fpray/searching/storage.py",
        "{why}",
        "{str(",
    ),
    Part("fpray/driver/stop_rule.py", "trials failed", "fpray/driver/run_listeners.py", "{sentence}", ""),
    Part(
        "fpray/driver/notify.py",
        "^no complete answer|exit code|did not end within",
        "fpray/driver/notify.py",
        "{failure}",
        "",
    ),
    Part(
        "fpray/cluster/quarantine.py", "", "fpray/driver/quarantine_listener.py", "{verdict.sentence}", "machine {verd"
    ),
    Part("fpray/cluster/slow_machines.py", "", "fpray/driver/quarantine_listener.py", "{verdict.sentence}", "doubt"),
    Part("fpray/files/content.py", "", "fpray/cluster/launcher_file.py", "{why}", ""),
    Part(
        "fpray/driver/messages.py", "^to run the failed trials", "fpray/driver/messages.py", "{aim}", "{result.planned"
    ),
)


def whole(file: str, text: str, messages: Sequence[tuple[str, str]]) -> str:
    """The message that a user sees: the text itself, or the one of which it is a part.

    messages: of every message its file and its text.
    """
    for part in PARTS:
        if part.file == file and re.search(part.pattern, text):
            frame = next(
                message
                for its_file, message in messages
                if its_file == part.message_file and part.placeholder in message and message.startswith(part.message)
            )
            return frame.replace(part.placeholder, text)
    on_machine = file.startswith("fpray/node/") and not file.endswith("/failures.py") and re.search(_ON_MACHINE, text)
    return _NODE + text if on_machine else text
