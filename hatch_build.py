"""Puts the compiled reference jar into a wheel; a checkout (editable) compiles its own when it is needed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ReferenceJar(BuildHookInterface):  # type: ignore[misc]  # hatchling is untyped
    """Hatchling's hook; hatchling finds it by its base class."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the jar and add it to a standard wheel."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from fpray.jar.build import reference_jar

        jar = reference_jar("java", Path(self.root) / "jvm")
        build_data["force_include"][str(jar)] = "fpray/reference.jar"
        build_data["pure_python"] = True
