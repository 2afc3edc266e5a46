"""The options with which a JVM writes its garbage collections into a file: of JDK 8, and of JDK 9 and later.

Sources: `java` of JDK 8 (-Xloggc, -XX:+PrintGCDetails); JEP 158 and JEP 271, which replaced them in JDK 9.
"""

from __future__ import annotations

from fpray.files.layout import gc_log_file

_UNIFIED = 9  # the first version with -Xlog


def gc_options(java_version: int, label: str) -> list[str]:
    """The arguments of the JVM of a process. The file is in the trial's directory, in which the process runs.

    java_version: 0 for one that is not known: it is taken for a newer one. No file is split: it would lose its
    beginning.
    """
    file = gc_log_file(label)
    if 0 < java_version < _UNIFIED:
        return [f"-Xloggc:{file}", "-XX:+PrintGCDetails", "-XX:+PrintGCDateStamps"]
    return [f"-Xlog:gc*:file={file}:utctime,tags:filecount=0"]
