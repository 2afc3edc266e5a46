"""The facts about a machine that a suite records, read on that machine."""

from __future__ import annotations

import functools
import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

from fpray.node.fact_types import JavaFacts, MachineFacts
from fpray.node.java import java_program, other_java


def machine_facts(java: str) -> MachineFacts:
    """Kernel, CPU, memory and load of this machine, the JVM that `java` starts there, what a child inherits."""
    of_java = java_facts(java)
    facts: MachineFacts = {
        "hostname": platform.node(),
        "kernel": f"{platform.system()} {platform.release()}",
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "governor": _read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "transparent_hugepage": _chosen(_read("/sys/kernel/mm/transparent_hugepage/enabled")),
        "load_average": os.getloadavg()[0],
        "worker_niceness": os.getpriority(os.PRIO_PROCESS, 0),
        "java": of_java["java"],
        "jvm": of_java["jvm"],
    }
    if "java_in_path" in of_java:
        facts["java_in_path"] = of_java["java_in_path"]
    return facts


@functools.cache
def java_facts(java: str) -> JavaFacts:
    """Which program is `java` here, and what it says."""
    path = shutil.which(java_program(java))
    if path is None:
        return {"java": None, "jvm": None}
    facts = _jvm_facts(path)
    if other := other_java(java):
        facts["java_in_path"] = other
    return facts


def _jvm_facts(path: str) -> JavaFacts:
    try:
        result = subprocess.run([path, "-version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return {"java": path, "jvm": f"cannot be run: {error}"}
    version = (result.stderr or result.stdout).strip()
    if result.returncode != 0:
        return {"java": path, "jvm": f"exits with {result.returncode}: {version[:200]}"}
    return {"java": path, "jvm": version.replace("\n", "; ")}


def java_fails(facts: JavaFacts) -> bool:
    """Whether a machine with these facts has no Java, or one that does not run."""
    return facts["java"] is None or str(facts["jvm"]).startswith(("exits", "cannot"))


def _cpu_model() -> str:
    match = re.search(r"^model name\s*: *(.*)$", _read("/proc/cpuinfo") or "", re.MULTILINE)
    return match[1] if match else platform.machine()


def _chosen(setting: str | None) -> str | None:
    match = re.search(r"\[(\w+)\]", setting or "")
    return match[1] if match else setting


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return None
