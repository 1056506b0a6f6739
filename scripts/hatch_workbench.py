"""Builds the workbench into every wheel and source archive, so that nobody else needs Node."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

WITHOUT = "ORDERGUARD_WITHOUT_WORKBENCH"
MISSING = (
    "npm is needed once, to build the workbench into the package: install Node 20 or later, or set"
    f" {WITHOUT}=1 for a package that has its simple page alone."
)


class WorkbenchHook(BuildHookInterface[Any]):
    """In a clone it builds what has changed; a source archive brings it built already."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatch's.
        if version == "editable" or os.environ.get(WITHOUT):
            return
        root = Path(self.root)
        is_built = (root / "src/orderguard/api/page/dist/index.html").is_file()
        is_archive = (root / "PKG-INFO").is_file()
        if is_archive and is_built:
            return
        if shutil.which("npm") is None:
            raise SystemExit(MISSING)
        subprocess.run([root / "scripts" / "workbench.sh"], check=True)  # noqa: S603 - our own.
