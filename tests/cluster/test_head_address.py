"""A launcher file names the head and the user for SSH; none of it becomes an option of ssh."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from fpray.cluster.head_address import head_login
from fpray.cluster.launcher import read_launcher
from fpray.driver.head import Head
from fpray.errors import Refused

FILE = """\
cluster_name: mine
provider: {{type: local, head_ip: {head}, worker_ips: []}}
auth: {{ssh_user: {user}}}
"""


def login(tmp_path: Path, user: str, head: str = "10.0.0.1") -> Head:
    file = tmp_path / "onprem.yaml"
    file.write_text(FILE.format(user=user, head=head))
    return Head.of(read_launcher(file))


@pytest.mark.parametrize(
    "user", ["-oProxyCommand=touch${IFS}pwned", "--", "a b", "'a\nb'", "a;b", "$(id)", "' '", "-l", "a:b", "'`id`'"]
)
def test_a_user_that_is_none_is_refused(user: str, tmp_path: Path) -> None:
    """G7: `-oProxyCommand=...` would run a program on this machine."""
    with pytest.raises(Refused, match=r"auth: ssh_user .* is no user name|ssh_user"):
        login(tmp_path, f'"{user}"' if not user.startswith("'") else user)


@pytest.mark.parametrize("user", ["ubuntu", "ec2-user", "me@example.com", "DOMAIN\\\\me", "a.b_c+1"])
def test_users_as_they_are(user: str, tmp_path: Path) -> None:
    file = tmp_path / "onprem.yaml"
    file.write_text(FILE.format(user=f'"{user}"', head="10.0.0.1"))
    assert head_login(read_launcher(file)).user == user.replace("\\\\", "\\")


def test_the_target_is_no_option_whatever_it_is(tmp_path: Path) -> None:
    """G7: `--` stands before it, for ssh and for rsync."""
    file = tmp_path / "seen"
    head = Head("-oProxyCommand=x", ("sh", "-c", f'printf "%s|" "$@" > {file}', "ssh"))
    head.ask("true")
    assert file.read_text() == "--|-oProxyCommand=x|true|"
    done = subprocess.run(["ssh", "-G", "--", "-oProxyCommand=x", "true"], capture_output=True, text=True, check=False)
    assert "proxycommand x" not in done.stdout
