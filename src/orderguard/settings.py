"""Every setting, with its default, its limit and its help.

They stand in `orderguard.toml` of the data folder, one table a section; a variable such as
`ORDERGUARD_SERVER_PORT` goes before the file. `init` writes the file from what stands here.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from textwrap import wrap
from typing import Annotated, Any, Literal, NoReturn, TypeVar, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, Meta, Struct
from msgspec.structs import FieldInfo, fields, replace

from orderguard.errors import BadInstallation

FILE_NAME = "orderguard.toml"
ENVIRONMENT_PREFIX = "ORDERGUARD_"
ACTIONS = "actions"
"""The tables `[actions.NAME]`: one for each action that is connected."""

T = TypeVar("T")


class ServerSettings(Struct, frozen=True, kw_only=True):
    """Where the server listens."""

    host: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=253,
            description="The address to listen on. Other machines reach only 0.0.0.0 or an own one;"
            " put a proxy with TLS before it then.",
        ),
    ] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="The port; 0 takes any free one.")] = 8460


class RespondSettings(Struct, frozen=True, kw_only=True):
    """What may happen outside."""

    mode: Annotated[
        Literal["shadow", "live"],
        Meta(
            description="`shadow` only watches: steps are recorded as they would have been."
            " `live` runs them. Read at start."
        ),
    ] = "shadow"
    public_url: Annotated[
        str,
        Meta(
            max_length=500,
            pattern=r"^(https?://[^\s?#]+)?\Z",
            description="Where buyers and colleagues reach this server from outside, such as"
            " https://guard.example.com; without it messages carry no links.",
        ),
    ] = ""


class IntakeSettings(Struct, frozen=True, kw_only=True):
    """How much senders may send at once; beyond it they are told to come back (503)."""

    queue_entries_max: Annotated[
        int, Meta(ge=1, le=1_000_000, description="Events that may wait for the log.")
    ] = 20_000
    queue_bytes_max: Annotated[
        int, Meta(ge=1_048_576, le=4_294_967_296, description="Their bytes together.")
    ] = 64 * 1024 * 1024
    retry_after_s: Annotated[
        int, Meta(ge=1, le=3_600, description="After how many seconds senders shall come back.")
    ] = 1
    body_s_max: Annotated[
        float,
        Meta(ge=0.1, le=300, description="Seconds that a sender has to send a whole message."),
    ] = 10.0
    bodies_parallel_max: Annotated[
        int, Meta(ge=1, le=10_000, description="Messages that may arrive piece by piece at once.")
    ] = 64


class ScreenSettings(Struct, frozen=True, kw_only=True):
    """How storefronts ask before they accept an order."""

    storefronts: Annotated[
        str,
        Meta(
            pattern=r"^(https?://[A-Za-z0-9.*:\[\]-]+( |$))*$",
            max_length=4_096,
            description="The origins whose pages may show a challenge in a frame, with spaces"
            " between them, such as `https://shop.example`. Pages of this server always may.",
        ),
    ] = ""
    asks_per_s_max: Annotated[
        float,
        Meta(
            ge=1,
            le=100_000,
            description="Questions a second of one shop, and of one token; who asks more often is"
            " challenged. Five times as many may come at once.",
        ),
    ] = 100.0
    codes_per_hour_max: Annotated[
        int,
        Meta(
            ge=0,
            le=1_000_000,
            description="One-time codes an hour that are sent to buyers who would rather type one"
            " than slide; each costs a text message. 0 offers none.",
        ),
    ] = 300
    answer_s_max: Annotated[
        float,
        Meta(
            ge=0.01,
            le=60,
            description="Seconds after which the answer is `allow`, and that nothing was checked.",
        ),
    ] = 1.0


class StateSettings(Struct, frozen=True, kw_only=True):
    """What the engine keeps of orders, buyers and windows."""

    checkpoint_s: Annotated[
        float,
        Meta(
            ge=0.1,
            le=600,
            description="Seconds between two saves of what changed. After a crash, what came since"
            " the last save is folded again from the log: nothing is lost.",
        ),
    ] = 2.0
    cached_max: Annotated[
        int,
        Meta(
            ge=1_000,
            le=100_000_000,
            description="Values that a table may hold in memory; beyond them the least recently"
            " used are read from the disk again.",
        ),
    ] = 2_000_000


class LibrarySettings(Struct, frozen=True, kw_only=True):
    """Which rules judge."""

    preset: Annotated[
        str,
        Meta(
            pattern="^[a-z][a-z0-9_]*$",
            max_length=64,
            description="A file of library/presets without its ending; it names the packs that are"
            " switched on.",
        ),
    ] = "standard"


class RepairSettings(Struct, frozen=True, kw_only=True):
    """How platforms are asked for what their pushes lost."""

    every_s: Annotated[
        float,
        Meta(
            ge=1,
            le=86_400,
            description="Seconds between two looks through a shop's list of changed orders, where"
            " its platform has one.",
        ),
    ] = 120.0
    overlap_s: Annotated[
        float,
        Meta(ge=0, le=86_400, description="Seconds before the last look that are read again."),
    ] = 300.0
    settle_s: Annotated[
        float,
        Meta(
            ge=0,
            le=3_600,
            description="Seconds before now that are left alone: their pushes may be on the way.",
        ),
    ] = 20.0
    first_s: Annotated[
        float,
        Meta(
            ge=0,
            le=15_552_000,
            description="Seconds back that are read when a shop is new.",
        ),
    ] = 86_400.0


class Settings(Struct, frozen=True, kw_only=True):
    """All of them."""

    server: ServerSettings = ServerSettings()
    respond: RespondSettings = RespondSettings()
    intake: IntakeSettings = IntakeSettings()
    screen: ScreenSettings = ScreenSettings()
    state: StateSettings = StateSettings()
    library: LibrarySettings = LibrarySettings()
    repair: RepairSettings = RepairSettings()


def load_settings(folder: Path, environment: Mapping[str, str]) -> Settings:
    """The file's settings, with the variables before them. Raise BadInstallation for any fault."""
    path = folder / FILE_NAME
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadInstallation(
            f"{path} cannot be read: {error.strerror}.",
            hint=f"`orderguard init --data {folder}` creates an installation.",
        ) from error
    except UnicodeDecodeError as error:
        raise BadInstallation(f"{path} is not UTF-8.", hint="Save it as UTF-8.") from error
    return _with_environment(_parse(text, path), environment)


def load_action_settings(
    folder: Path, environment: Mapping[str, str], kinds: Mapping[str, type[Struct]]
) -> dict[str, Struct]:
    """The settings of each action that is configured: its table, or a variable of its name.

    Raise BadInstallation for any fault, and for an action that is not there.
    """
    path = folder / FILE_NAME
    text = path.read_text(encoding="utf-8")
    tables = tomllib.loads(text).get(ACTIONS, {})
    for name in tables if isinstance(tables, dict) else ():
        if name not in kinds:
            _refuse(path, text, [ACTIONS, name], f"unknown action `{name}`: {_hint(name, kinds)}")
    found = {}
    for name, kind in kinds.items():
        given = dict(tables.get(name, {}))
        known = {field.name: field for field in fields(kind)}
        for key in given:
            if key not in known:
                keys = [ACTIONS, name, key]
                _refuse(
                    path, text, keys, f"unknown setting `{'.'.join(keys)}`: {_hint(key, known)}"
                )
        for key, field in known.items():
            variable = _variable(f"{ACTIONS}_{name}", key)
            if variable in environment:
                given[key] = _value(variable, environment[variable], field.type)
        if given or name in tables:
            try:
                found[name] = msgspec.convert(given, kind)
            except msgspec.ValidationError as error:
                keys = [f"{ACTIONS}.{name}"]
                _refuse(path, text, keys, f"`[{ACTIONS}.{name}]`: {error}.")
    return found


def commented_toml(preset: str, actions: Mapping[str, type[Struct]] | None = None) -> str:
    """The file of a new installation: every setting as a comment, save what was decided."""
    decided = {("respond", "mode"): "shadow", ("library", "preset"): preset}
    lines = [
        "# The settings of this OrderGuard installation, each with its default.",
        f"# A variable such as {_variable('server', 'port')} goes before this file.",
    ]
    for section in fields(Settings):
        lines += ["", f"# {section.type.__doc__}", f"[{section.name}]"]
        for field in fields(section.type):
            lines += [f"# {line}" for help_text in _help(field) for line in wrap(help_text, 96)]
            value = decided.get((section.name, field.name))
            comment = "# " if value is None else ""
            lines.append(f"{comment}{field.name} = {_toml(value or field.default)}")
    for name, kind in (actions or {}).items():
        lines += ["", *(f"# {line}" for line in wrap(kind.__doc__ or "", 96))]
        lines += [f"# [{ACTIONS}.{name}]"]
        for field in fields(kind):
            default = _default(field)
            # A table that may be left out is written below, where it is wanted.
            lines += [] if default is None else [f"# {field.name} = {_toml(default)}"]
    return "\n".join(lines) + "\n"


def toml_table(name: str, values: Mapping[str, object]) -> str:
    """One table with these values, as the file has it."""
    lines = [f"[{name}]", *(f"{key} = {_toml(value)}" for key, value in values.items())]
    return "\n".join(lines) + "\n"


def _parse(text: str, path: Path) -> Settings:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+), column (\d+)", str(error))
        where = f"{path}:{place[1]}:{place[2]}" if place else str(path)
        raise BadInstallation(f"{where}: not TOML: {error}.", hint="Correct the line.") from error
    document.pop(ACTIONS, None)  # Those of actions are read where it is known which there are.
    for keys, known in _unknown(document):
        _refuse(path, text, keys, f"unknown setting `{'.'.join(keys)}`: {_hint(keys[-1], known)}")
    try:
        return msgspec.convert(document, Settings)
    except msgspec.ValidationError as error:
        message, _, place_text = str(error).partition(" - at `$.")
        keys = place_text.removesuffix("`").split(".")
        _refuse(path, text, keys, f"`{'.'.join(keys)}`: {message}.")


def _refuse(path: Path, text: str, keys: list[str], message: str) -> NoReturn:
    raise BadInstallation(f"{path}:{_line(text, keys)}: {message}")


def _unknown(document: Mapping[str, Any]) -> Iterator[tuple[list[str], list[str]]]:
    """The path of each key that is no setting, and the keys that could stand there."""
    sections = {section.name: section.type for section in fields(Settings)}
    for name, table in document.items():
        if name not in sections:
            yield [name], list(sections)
        elif isinstance(table, dict):
            known = [field.name for field in fields(sections[name])]
            yield from (([name, key], known) for key in table if key not in known)


def _line(text: str, keys: list[str]) -> int:
    """The line of a table or of a key in it; 1 where it is written in an unusual way."""
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[\s*([\w.-]+)\s*\]", line):
            table = header[1]
            if keys == [table]:
                return number
        elif assigned := re.match(r"\s*([\w.-]+)\s*=", line):
            inner = [table] if table else []
            if keys == inner + assigned[1].split("."):
                return number
    return 1


def _with_environment(settings: Settings, environment: Mapping[str, str]) -> Settings:
    """Variables of a section's name are settings; others, such as those of tests, are not ours."""
    for section in fields(Settings):
        known = {_variable(section.name, field.name): field for field in fields(section.type)}
        prefix = _variable(section.name, "")
        for variable in sorted(name for name in environment if name.startswith(prefix)):
            field = known.get(variable)
            if field is None:
                hint = _hint(variable, known)
                raise BadInstallation(f"Unknown setting {variable} in the environment: {hint}")
            value = _value(variable, environment[variable], field.type)
            group = replace(getattr(settings, section.name), **{field.name: value})
            settings = replace(settings, **{section.name: group})
    return settings


def _value(variable: str, text: str, wanted: type[T]) -> T:
    try:
        return msgspec.convert(text, wanted, strict=False)
    except msgspec.ValidationError as error:
        raise BadInstallation(
            f"{variable} in the environment: {error}.", hint="Correct it or unset it."
        ) from error


def _variable(section: str, key: str) -> str:
    return f"{ENVIRONMENT_PREFIX}{section}_{key}".upper()


def _hint(word: str, known: Iterable[str]) -> str:
    names = list(known)
    nearest = get_close_matches(word, names, n=1)
    return f"did you mean `{nearest[0]}`?" if nearest else f"there are {', '.join(names)}."


def _help(field: FieldInfo) -> Iterator[str]:
    base, meta = get_args(field.type)
    yield meta.description
    if get_origin(base) is Literal:
        yield f"One of {', '.join(map(_toml, get_args(base)))}."
    elif meta.ge is not None:
        yield f"From {meta.ge} to {meta.le}."


def _default(field: FieldInfo) -> object:
    """What stands where nothing is written; an empty text where something must be."""
    if field.default_factory is not NODEFAULT:
        made: object = field.default_factory()
        return made
    return "" if field.required else field.default


def _toml(value: object) -> str:
    """A setting's value as TOML writes it, which for all but tables is as JSON does."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + "}"
    return json.dumps(value)
