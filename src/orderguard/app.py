"""The one place where parts are chosen and joined."""

import re
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from orderguard.actions import discover as discover_actions
from orderguard.bilingual import Bilingual
from orderguard.channels import discover, discover_calls, discover_feeds
from orderguard.domain.calls import Calls
from orderguard.domain.feeds import Feed
from orderguard.domain.ports import Action, ActionKind, Channel, EventLog, StateStore
from orderguard.errors import (
    BadInput,
    BadInstallation,
    Fault,
    LibraryFaults,
    OrderGuardError,
    UnknownChannel,
)
from orderguard.kit.sealing import Keyring
from orderguard.settings import FILE_NAME as SETTINGS_FILE
from orderguard.settings import Settings
from orderguard.settings_file import commented_toml, load_action_settings, load_settings
from orderguard.settlement import StatementFormat, read_formats
from orderguard.stores.memory import MemoryState
from orderguard.stores.sqlite import control, examine, log, state
from orderguard.stores.sqlite.control import Control
from orderguard.stores.sqlite.examine import Examined
from orderguard.stores.sqlite.lock import FolderLock

ControlStore = Control
"""What people and commands write: shops, accounts, lists, mail for the log."""
KEYS_FILE = "keys.json"
LIBRARY_FOLDER = "library"
LIBRARY_FILE_BYTES_MAX = 1_048_576
PACKAGED_LIBRARY = Path(__file__).with_name(LIBRARY_FOLDER)
PACKAGED_FORMATS = Path(__file__).with_name("settlement") / "formats"
PACKAGED_CHANNELS = Path(__file__).with_name("channels")
GUIDE_FILE = "doc.md"
GUIDE_TITLE = "## Connect"
FORMATS_FOLDER = "settlement_formats"

_MODE_OWNER_ONLY = 0o700
_FILES = (SETTINGS_FILE, KEYS_FILE, control.FILE_NAME, log.FILE_NAME, state.FILE_NAME)
_LIBRARY_SUFFIXES = frozenset({".yaml", ".yml"})


def channels() -> dict[str, Channel]:
    """Every channel by its name."""
    return discover()


def calls() -> dict[str, Calls]:
    """Of the channels that can be asked, what they can be asked, by name."""
    return discover_calls()


def feeds() -> dict[str, Feed]:
    """Of the channels that we connect to, how, by name."""
    return discover_feeds()


def guides() -> dict[str, str]:
    """How a shop of each channel is connected, by name: the Markdown of that part of its page."""
    return {name: _guide(PACKAGED_CHANNELS / name / GUIDE_FILE) for name in channels()}


def channel(name: str) -> Channel:
    known = channels()
    if name not in known:
        raise UnknownChannel(f"Unknown channel {name}.", hint=f"There are {', '.join(known)}.")
    return known[name]


def actions() -> dict[str, ActionKind]:
    """Every kind of action by its name."""
    return discover_actions()


def _action_settings() -> dict[str, type[Struct]]:
    return {name: kind.settings for name, kind in actions().items()}


def memory_state() -> StateStore:
    """A state that is gone with the process: what a replay needs."""
    return MemoryState()


class Installation:
    """A data folder: its settings, its keys, its library and its stores."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.keys_path = folder / KEYS_FILE
        self.library_folder = folder / LIBRARY_FOLDER
        self.control_path = folder / control.FILE_NAME
        self.store_paths = tuple(folder / name for name in examine.FILES)

    def create(self, preset: str) -> None:
        """Lay out a folder that may exist, but must not hold an installation."""
        present = [name for name in _FILES if (self.folder / name).exists()]
        if present:
            raise BadInstallation(
                f"{self.folder} is an installation already: it holds {', '.join(present)}.",
                hint="Choose another folder.",
            )
        library = read_library(PACKAGED_LIBRARY)
        _check_preset(preset, library)
        try:
            self.folder.mkdir(mode=_MODE_OWNER_ONLY, parents=True, exist_ok=True)
            self.folder.chmod(_MODE_OWNER_ONLY)
            for name, text in library.items():
                path = self.library_folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            keyring = Keyring.create()
            keyring.save(self.keys_path)
            Control(self.control_path, keyring).close()
            # Last, since it is what makes the folder an installation.
            settings = commented_toml(preset, _action_settings())
            (self.folder / SETTINGS_FILE).write_text(settings, encoding="utf-8")
        except OSError as error:
            raise BadInstallation(
                f"{error.filename or self.folder} cannot be written: {error.strerror}.",
                hint="Check the folder's owner, its permissions and the space on the disk.",
            ) from error

    def settings(self, environment: Mapping[str, str]) -> Settings:
        return load_settings(self.folder, environment)

    def connected(self, environment: Mapping[str, str]) -> dict[str, Action]:
        """The actions that are configured, by name. Raise BadInput for one that cannot work."""
        connected: dict[str, Action] = {}
        for name, found in self.tried(environment).items():
            if isinstance(found, OrderGuardError):
                raise found
            connected[name] = found
        return connected

    def tried(self, environment: Mapping[str, str]) -> dict[str, Action | OrderGuardError]:
        """The same, with what is wrong with one that cannot work in its place."""
        configured = load_action_settings(self.folder, environment, _action_settings())
        kinds = actions()
        return {name: _tried(kinds[name], settings) for name, settings in configured.items()}

    def keyring(self) -> Keyring:
        if not self.folder.is_dir():
            raise BadInstallation(
                Bilingual(f"{self.folder} is no installation.", f"{self.folder} 不是一个安装。"),
                hint=Bilingual(
                    f"`orderguard init --data {self.folder}` creates one.",
                    f"`orderguard init --data {self.folder}` 建立一个。",
                ),
            )
        return Keyring.load(self.keys_path)

    def open_control(self) -> Control:
        keyring = self.keyring()
        if not self.control_path.exists():
            raise BadInstallation(
                Bilingual(f"{self.control_path} is not there.", f"没有 {self.control_path}。"),
                hint=Bilingual("Restore it from a backup.", "请从备份恢复。"),
            )
        return Control(self.control_path, keyring)

    def lock(self) -> FolderLock:
        """Held while the folder is served, by one process at a time."""
        return FolderLock(self.folder)

    def open_log(self) -> EventLog:
        return log.SqliteLog(self.folder)

    def open_state(self) -> StateStore:
        return state.SqliteState(self.folder)

    def library(self) -> dict[str, str]:
        return read_library(self.library_folder)

    def write_rule(self, name: str, text: str) -> None:
        """Put a file of the library in the place of the one that is there, whole or not at all."""
        path = self.library_folder / name
        path.parent.mkdir(exist_ok=True)
        beside = path.with_name(f".{path.name}.new")
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)

    def settlement_formats(self) -> dict[str, StatementFormat]:
        """The formats of settlement files, by name: those of the folder go before ours."""
        files = read_library(PACKAGED_FORMATS)
        own = self.folder / FORMATS_FOLDER
        if own.is_dir():
            files |= read_library(own)
        return read_formats({Path(name).stem: text for name, text in files.items()})

    def log_end(self) -> tuple[int, int]:
        """(offset, received_ms) of the newest entry, (0, 0) without any."""
        return examine.log_end(self.folder)

    def state_cursor(self) -> int:
        return examine.state_cursor(self.folder)

    def store_bytes(self) -> dict[str, int]:
        """What each store takes up, by its name, with what SQLite lays beside it."""
        return {
            path.stem: sum(_size(beside) for beside in (path, path.with_name(f"{path.name}-wal")))
            for path in self.store_paths
        }

    def server_process(self) -> int | None:
        """The process that serves the folder now."""
        return examine.lock_holder(self.folder)


def _guide(page: Path) -> str:
    """The part that connects a shop; a page that has no such part begins with it."""
    try:
        text = page.read_text(encoding="utf-8")
    except OSError:
        return ""
    parts = re.split(r"^(?=## )", text, flags=re.MULTILINE)
    found = next((part for part in parts if part.startswith(GUIDE_TITLE)), parts[0])
    return found.partition("\n")[2].strip()


def _tried(kind: ActionKind, settings: Struct) -> Action | OrderGuardError:
    try:
        return kind.connect(settings)
    except OrderGuardError as error:
        return error


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def examine_store(path: Path) -> Examined:
    return examine.examine(path)


def read_library(folder: Path) -> dict[str, str]:
    """The library's files: path below the folder, to text."""
    if not folder.is_dir():
        raise BadInput(
            Bilingual(f"{folder}: no such folder.", f"没有文件夹 {folder}。"),
            hint=Bilingual("Name a library folder.", "请写规则库的文件夹。"),
        )
    paths = [path for path in folder.rglob("*") if path.suffix in _LIBRARY_SUFFIXES]
    return {path.relative_to(folder).as_posix(): _text(path, folder) for path in sorted(paths)}


def _text(path: Path, folder: Path) -> str:
    try:
        if path.stat().st_size > LIBRARY_FILE_BYTES_MAX:
            raise BadInput(f"{path} is larger than {LIBRARY_FILE_BYTES_MAX} bytes.")
        content = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        before = content[: error.start]
        column = error.start - before.rfind(b"\n")
        name = path.relative_to(folder).as_posix()
        said = Bilingual("not UTF-8: save the file as UTF-8", "不是 UTF-8：请把文件存为 UTF-8")
        fault = Fault(name, before.count(b"\n") + 1, column, said)
        raise LibraryFaults((fault,)) from error


def _check_preset(preset: str, library: Mapping[str, str]) -> None:
    presets = [Path(name).stem for name in library if name.startswith("presets/")]
    if preset not in presets:
        raise BadInput(f"Unknown preset {preset}.", hint=f"There are {', '.join(presets)}.")
