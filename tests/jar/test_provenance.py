"""Where numbers come from is asked of git, which runs no program that the checkout names."""

from __future__ import annotations

import subprocess
from pathlib import Path

from fpray.jar.provenance import git_state


def test_a_checkout_that_is_asked_for_its_state_runs_nothing(tmp_path: Path) -> None:
    """G5: a suite from elsewhere may be one, with filters and hooks of its own."""

    def git(*words: str) -> None:
        author = ("-c", "user.name=a", "-c", "user.email=a@b")
        subprocess.run(["git", "-C", str(tmp_path), *author, *words], check=True, capture_output=True)

    ran, file = tmp_path.with_name("ran"), tmp_path / "file"
    git("init")
    (tmp_path / ".gitattributes").write_text("* filter=evil diff=evil\n")
    file.write_text("one\n")
    git("add", ".")
    git("commit", "-m", "one")
    for name in ("filter.evil.clean", "filter.evil.process", "diff.evil.textconv", "core.fsmonitor"):
        git("config", name, f"touch {ran}")
    hook = tmp_path / ".git" / "hooks" / "post-index-change"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {ran}\n")
    hook.chmod(0o755)
    file.write_text("two\n")
    state = git_state(tmp_path)
    assert state is not None
    assert state["uncommitted"] == [" M file"] or state["uncommitted"] == ["M file"]
    assert state["diff_sha256"]
    assert not ran.exists()
