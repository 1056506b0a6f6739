import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.commands.conftest import Command

from orderguard.app import PACKAGED_LIBRARY, read_library
from orderguard.kit.sealing import Keyring
from orderguard.settings import Settings
from orderguard.settings_file import load_settings


def test_an_installation_is_complete_and_ours_alone(folder: Path) -> None:
    assert load_settings(folder, {}) == Settings()
    assert Keyring.load(folder / "keys.json").active == 1
    assert read_library(folder / "library") == read_library(PACKAGED_LIBRARY)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}
    assert modes[folder] == 0o700
    assert modes[folder / "keys.json"] == modes[folder / "control.db"] == 0o600


def test_two_installations_share_no_key(folder: Path, tmp_path: Path, og: Command) -> None:
    og("init", "--data", str(tmp_path / "other"))
    assert (folder / "keys.json").read_bytes() != (tmp_path / "other/keys.json").read_bytes()


def test_the_preset_is_kept(tmp_path: Path, og: Command) -> None:
    og("init", "--data", str(tmp_path / "deep/down"), "--preset", "micro")
    assert load_settings(tmp_path / "deep/down", {}).library.preset == "micro"


def test_an_installation_is_never_laid_over_another(folder: Path, og: Command) -> None:
    keys = (folder / "keys.json").read_bytes()
    told = og("init", "--data", str(folder), status=2).stderr
    assert "is an installation already: it holds orderguard.toml, keys.json, control.db" in told
    (folder / "orderguard.toml").unlink()
    og("init", "--data", str(folder), status=2)
    assert (folder / "keys.json").read_bytes() == keys


def test_an_unknown_preset_is_refused_before_anything_is_made(tmp_path: Path, og: Command) -> None:
    told = og("init", "--data", str(tmp_path / "data"), "--preset", "huge", status=2).stderr
    assert "Unknown preset huge" in told
    assert "standard" in told
    assert not (tmp_path / "data").exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, og: Command) -> None:
    (tmp_path / "file").touch()
    assert "file" in og("init", "--data", str(tmp_path / "file/data"), status=2).stderr


@pytest.mark.parametrize("args", [["nothing"], ["shop", "add"], ["init"], ["init", "--data"]])
def test_bad_usage_is_one_line(og: Command, args: list[str]) -> None:
    og(*args, status=2)


def test_help_comes_at_once() -> None:
    command = [str(Path(sys.executable).with_name("orderguard")), "--help"]
    durations = []
    for _ in range(3):
        began = time.perf_counter()
        said = subprocess.run(command, capture_output=True, check=True, text=True).stdout
        durations.append(time.perf_counter() - began)
    assert "doctor" in said
    # 0.15 s on a quiet machine; this only catches a heavy import on the way to the help.
    assert min(durations) < 1.0


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, orderguard.cli; print('msgspec' in sys.modules, 'sqlite3' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert said.stdout == "False False\n"
