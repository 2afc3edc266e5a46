"""Grafana, where it is installed: how it is started so that it shows our dashboards to this machine alone."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from fpray.plan.cluster import LOOPBACK

PROVISIONING = Path(__file__).with_name("provisioning")
DASHBOARDS = PROVISIONING / "json"
ROLES = "fpray-roles"  # the dashboard that is opened first, by its uid
# Where packages of Grafana put what is not the program: Debian's and RPM's; else it is beside the program.
_HOME = Path("/usr/share/grafana")


def grafana_command(program: str) -> list[str] | None:
    """The words that start the server; None where there is no Grafana. program: `grafana`, or a path."""
    path = shutil.which(program) or (shutil.which("grafana-server") if program == "grafana" else None)
    if path is None:
        return None
    beside = Path(path).resolve().parents[1]
    home = beside if (beside / "conf" / "defaults.ini").is_file() else _HOME
    words = [path] if Path(path).name == "grafana-server" else [path, "server"]
    return [*words, "--homepath", str(home)]


def grafana_environment(directory: Path, port: int, prometheus: str) -> Mapping[str, str]:
    """The settings: it listens on the loopback, lets each reader look without a login, and asks no other server.

    directory: for its files; prometheus: the URL of the server that it asks.
    """
    return {
        "GF_SERVER_HTTP_ADDR": LOOPBACK,
        "GF_SERVER_HTTP_PORT": str(port),
        "GF_PATHS_DATA": str(directory / "data"),
        "GF_PATHS_LOGS": str(directory / "log"),
        "GF_PATHS_PLUGINS": str(directory / "plugins"),
        "GF_PATHS_PROVISIONING": str(PROVISIONING),
        "GF_AUTH_ANONYMOUS_ENABLED": "true",
        "GF_AUTH_ANONYMOUS_ORG_ROLE": "Viewer",
        "GF_AUTH_DISABLE_LOGIN_FORM": "true",
        "GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION": "true",
        "GF_ANALYTICS_REPORTING_ENABLED": "false",
        "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
        "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
        "GF_PLUGINS_PREINSTALL_DISABLED": "true",
        "GF_NEWS_NEWS_FEED_ENABLED": "false",
        "FPRAY_PROMETHEUS": prometheus,
        "FPRAY_DASHBOARDS": str(DASHBOARDS),
    }
