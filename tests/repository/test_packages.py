"""The wheel and the source archive: both bring the workbench, and need no Node for it."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from tests.repository.tree import ROOT

from orderguard.api import workbench

DIST = "src/orderguard/api/page/dist"
BUILD_S_MAX = 120.0
LOOK = """
import json
from orderguard.api import workbench

built = workbench.built()
files = {path: len(asset.content) for path, asset in built.assets.items()}
print(json.dumps({
    "from": workbench.__file__,
    "page": built.page.content.decode(),
    "files": files,
    "compressed": "br" in built.page.compressed,
    "front": workbench.front_page(),
}))
"""

pytestmark = pytest.mark.skipif(
    workbench.built() is None, reason="no workbench was built (make setup, with Node)"
)


def built_files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def without_node(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which no other command is found, least of all those of Node."""
    folder = tmp_path_factory.mktemp("path")
    told = {**os.environ, "PATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    assert shutil.which("node", path=told["PATH"]) is None
    assert shutil.which("npm", path=told["PATH"]) is None
    return told


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source archive of this checkout, whose workbench is built already.

    The hook is left out, since it would build the workbench anew where a test may have no network.
    """
    folder = tmp_path_factory.mktemp("sdist")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORDERGUARD_WITHOUT_WORKBENCH", "1")
        (made,) = SdistBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    return Path(made)


@pytest.fixture(scope="module")
def unpacked(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    (root,) = folder.iterdir()
    return root


@pytest.fixture(scope="module")
def wheel(unpacked: Path, without_node: dict[str, str]) -> Path:
    """Made from the archive by its own hook, on a machine that has no Node."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    done = subprocess.run(
        command,
        cwd=unpacked,
        env=without_node,
        capture_output=True,
        text=True,
        timeout=BUILD_S_MAX,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (made,) = (unpacked / "dist").glob("*.whl")
    return made


def test_both_hold_all_that_was_built(unpacked: Path, wheel: Path) -> None:
    ours = built_files(ROOT / DIST)
    assert {"index.html", "index.html.br", "index.html.gz"} < ours
    assert built_files(unpacked / DIST) == ours
    with zipfile.ZipFile(wheel) as opened:
        prefix = "orderguard/api/page/dist/"
        held = {name.removeprefix(prefix) for name in opened.namelist() if name.startswith(prefix)}
        assert held == ours
        for name in ("index.html", *(one for one in ours if one.endswith(".js"))):
            assert opened.read(prefix + name) == (ROOT / DIST / name).read_bytes(), name


def test_neither_holds_what_belongs_to_this_machine(unpacked: Path, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        names = [*opened.namelist(), *built_files(unpacked)]
    parts = {"node_modules", ".venv", ".cache", "__pycache__", ".git"}
    assert [name for name in names if parts & set(Path(name).parts)] == []


def test_a_wheel_serves_the_workbench_where_no_node_is(
    wheel: Path, without_node: dict[str, str], tmp_path: Path
) -> None:
    shutil.unpack_archive(wheel, tmp_path, "zip")
    told = {**without_node, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", LOOK],
        cwd=tmp_path,
        env=told,
        capture_output=True,
        text=True,
        timeout=BUILD_S_MAX,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert Path(found["from"]).is_relative_to(tmp_path), "the wheel's own, not the checkout's"
    assert found["front"] == "/workbench/"
    assert found["compressed"]
    named = [one for one in found["files"] if one in found["page"] and one.endswith(".js")]
    assert named, "the page asks for scripts that are there"
    assert min(found["files"].values()) > 0


def test_a_checkout_without_a_workbench_and_without_node_says_what_to_do(
    unpacked: Path, without_node: dict[str, str], tmp_path: Path
) -> None:
    """Rather than making a package that has none."""
    bare = tmp_path / "bare"
    shutil.copytree(unpacked, bare, ignore=shutil.ignore_patterns("dist", "*.whl"))
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel"],
        cwd=bare,
        env=without_node,
        capture_output=True,
        text=True,
        timeout=BUILD_S_MAX,
        check=False,
    )
    assert done.returncode != 0
    assert "npm is needed once" in done.stderr
    assert not list(bare.rglob("*.whl"))
