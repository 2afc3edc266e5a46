"""JDK Flight Recorder: the arguments by which a JVM records itself, and the settings of what it records."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Final

from fpray.files import layout

PERIOD_MS: Final = 10
DEPTH: Final = 128  # frames of a stack; the JVM's own 64 cut those of Netty with Scala
_SETTINGS: Final = Path(__file__).parent / "templates" / layout.PROFILE_SETTINGS
_UPDATE: Final = re.compile(r'version "1\.8\.0_(\d+)')
_FEATURE: Final = re.compile(r'version "(\d+)')
_FIRST_UPDATE, _FIRST_FEATURE = 262, 11


def recording_arguments(label: str) -> tuple[str, ...]:
    """The arguments of a JVM that records itself from its start to its end, in the directory where it works.

    They are the same for 8u262 and all later versions (the `java` page of each JDK's tool reference). Names are
    relative, because a comma of a directory would part the options. What it has recorded is in `recording_parts` until
    its end, also if it is killed; at its end it is written to `recording_file`. A JVM without Flight Recorder starts
    all the same, and records nothing.
    """
    recording = f"filename={layout.recording_file(label)},settings={layout.PROFILE_SETTINGS},dumponexit=true"
    return (
        "-XX:+IgnoreUnrecognizedVMOptions",
        "-XX:+UnlockDiagnosticVMOptions",
        "-XX:+DebugNonSafepoints",  # else what was inlined counts for the place where the JVM could have stopped
        f"-XX:FlightRecorderOptions=repository={layout.recording_parts(label)},stackdepth={DEPTH}",
        f"-XX:StartFlightRecording=name=fpray,{recording}",
    )


@functools.cache
def settings() -> str:
    """What is recorded, as a file of settings (JFC): where threads are, every `PERIOD_MS`, and nothing else.

    It is no file of a JDK, also by its name: `profile.jfc` would be the JDK's own, wherever it is.
    """
    return _SETTINGS.read_text(encoding="utf-8")


def why_no_recording(jvm: str) -> str:
    """Why a JVM has recorded nothing, as far as its version says it; empty otherwise.

    jvm: what `java -version` says.
    """
    if match := _UPDATE.search(jvm):
        update = int(match[1])
        return f"it is a JDK 8u{update}, and JDK 8 has Flight Recorder from 8u262 on" if update < _FIRST_UPDATE else ""
    feature = int(match[1]) if (match := _FEATURE.search(jvm)) else _FIRST_FEATURE
    return f"it is a JDK {feature}, which has no free Flight Recorder" if feature < _FIRST_FEATURE else ""
