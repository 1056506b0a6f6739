"""Nothing in the repository depends on the machine that it was written on."""

import re
from collections.abc import Iterator

import pytest
from tests.repository.tree import files, name

# Written in pieces, so that this file is not what it looks for.
_HOSTS = "|".join(
    ["py" + r"pi\.org", "python" + "hosted", "registry" + r"\.npmjs", "opt/" + "pypi"]
)
_FOLDERS = "|".join(["wo" + "rk", "fa" + "rm", "ro" + "ot", "ho" + "me", "Us" + "ers", "t" + "mp"])
REGISTRY_HOST = re.compile(_HOSTS)
MACHINE_PATH = re.compile(rf"(?:^|[^\w.~$}}/-])/(?:{_FOLDERS})/\w")
INDEX_OPTION = re.compile(r"^\s*(?:-i|--index-url|--extra-index-url|--find-links|-f)\b")


def _lines() -> Iterator[tuple[str, str]]:
    """(place, line) of every line of every text file."""
    for path in files():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            yield f"{name(path)}:{number}", line


def test_no_registry_host_is_named() -> None:
    found = [place for place, line in _lines() if REGISTRY_HOST.search(line)]
    assert not found, "each machine has its own index: name packages, not hosts"


def test_no_path_of_a_machine_is_named() -> None:
    found = [place for place, line in _lines() if MACHINE_PATH.search(line)]
    assert not found, "start from the repository's root, or take the path as an argument"


@pytest.mark.parametrize("lock", ["bench.lock", "dev.lock", "run.lock"])
def test_a_lock_has_a_hash_for_each_version_and_no_index(lock: str) -> None:
    path = next(path for path in files(".lock") if path.name == lock)
    text = path.read_text()
    assert not [line for line in text.splitlines() if INDEX_OPTION.match(line)]
    entries = re.split(r"\n(?=\S)", text.strip())
    unpinned = [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry]
    assert not unpinned, "run scripts/lock.sh"


def test_uv_lock_is_not_kept() -> None:
    assert "uv.lock" not in [path.name for path in files()], "it records hosts: scripts/lock.sh"


@pytest.mark.parametrize("line", ["see /ro" + "ot/notes", "open('/wo" + "rk/main')"])
def test_a_machine_path_is_recognised(line: str) -> None:
    assert MACHINE_PATH.search(line)


@pytest.mark.parametrize("line", ["POST /webhooks/x", "docs/howto/work", "a/ro" + "ot/b", "$T/x"])
def test_other_paths_are_not(line: str) -> None:
    assert not MACHINE_PATH.search(line)
