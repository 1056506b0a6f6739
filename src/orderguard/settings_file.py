"""Read and write `orderguard.toml`: what stands in it, in the place of the settings' defaults."""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from textwrap import wrap
from typing import Any, Literal, NoReturn, TypeVar, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, Struct
from msgspec.structs import FieldInfo, fields, replace

from orderguard.bilingual import Bilingual
from orderguard.domain.shown import ShownSection, ShownSetting
from orderguard.errors import BadInstallation
from orderguard.settings import ACTIONS, ENVIRONMENT_PREFIX, FILE_NAME, Settings

T = TypeVar("T")


def load_settings(folder: Path, environment: Mapping[str, str]) -> Settings:
    """The file's settings, with the variables before them. Raise BadInstallation for any fault."""
    path = folder / FILE_NAME
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadInstallation(
            Bilingual(
                f"{path} cannot be read: {error.strerror}.",
                f"{path} 读不出来：“{error.strerror}”。",
            ),
            hint=Bilingual(
                f"`orderguard init --data {folder}` creates an installation.",
                f"`orderguard init --data {folder}` 建立一个安装。",
            ),
        ) from error
    except UnicodeDecodeError as error:
        raise BadInstallation(
            Bilingual(f"{path} is not UTF-8.", f"{path} 不是 UTF-8。"),
            hint=Bilingual("Save it as UTF-8.", "请存为 UTF-8。"),
        ) from error
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
            hint = _hint(name, kinds)
            said = Bilingual(f"unknown action `{name}`: {hint.en}", f"没有动作 `{name}`：{hint.zh}")
            _refuse(path, text, [ACTIONS, name], said)
    found = {}
    for name, kind in kinds.items():
        given = dict(tables.get(name, {}))
        known = {field.name: field for field in fields(kind)}
        for key in given:
            if key not in known:
                keys = [ACTIONS, name, key]
                _refuse(path, text, keys, _unknown_setting(keys, known))
        for key, field in known.items():
            variable = _variable(f"{ACTIONS}_{name}", key)
            if variable in environment:
                given[key] = _value(variable, environment[variable], field.type)
        if given or name in tables:
            try:
                found[name] = msgspec.convert(given, kind)
            except msgspec.ValidationError as error:
                keys = [f"{ACTIONS}.{name}"]
                _refuse(path, text, keys, _unfit(f"[{ACTIONS}.{name}]", str(error)))
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
            lines += [f"# {line}" for help_text in _help(field) for line in wrap(help_text.en, 96)]
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


def shown(settings: Settings) -> tuple[ShownSection, ...]:
    """Each as it is in force. None of them is secret: what is stands with shops and actions."""
    return tuple(
        ShownSection(
            section.name,
            Bilingual(section.type.__doc__ or "", section.type.zh),
            tuple(
                ShownSetting(
                    field.name,
                    getattr(getattr(settings, section.name), field.name),
                    field.default,
                    Bilingual(
                        " ".join(one.en for one in _help(field)),
                        "".join(one.zh for one in _help(field)),
                    ),
                )
                for field in fields(section.type)
            ),
        )
        for section in fields(Settings)
    )


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
        raise BadInstallation(
            Bilingual(f"{where}: not TOML: {error}.", f"{where}：不是 TOML：“{error}”。"),
            hint=Bilingual("Correct the line.", "请改正这一行。"),
        ) from error
    document.pop(ACTIONS, None)  # Those of actions are read where it is known which there are.
    for keys, known in _unknown(document):
        _refuse(path, text, keys, _unknown_setting(keys, known))
    try:
        return msgspec.convert(document, Settings)
    except msgspec.ValidationError as error:
        message, _, place_text = str(error).partition(" - at `$.")
        keys = place_text.removesuffix("`").split(".")
        _refuse(path, text, keys, _unfit(".".join(keys), message))


def _refuse(path: Path, text: str, keys: list[str], said: Bilingual) -> NoReturn:
    place = f"{path}:{_line(text, keys)}"
    raise BadInstallation(Bilingual(f"{place}: {said.en}", f"{place}：{said.zh}"))


def _unknown_setting(keys: Sequence[str], known: Iterable[str]) -> Bilingual:
    name, hint = ".".join(keys), _hint(keys[-1], known)
    return Bilingual(f"unknown setting `{name}`: {hint.en}", f"没有设置 `{name}`：{hint.zh}")


def _unfit(name: str, why: str) -> Bilingual:
    return Bilingual(f"`{name}`: {why}.", f"`{name}` 的值不对：“{why}”。")


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
                said = Bilingual(
                    f"Unknown setting {variable} in the environment: {hint.en}",
                    f"环境变量里没有设置 {variable}：{hint.zh}",
                )
                raise BadInstallation(said)
            value = _value(variable, environment[variable], field.type)
            group = replace(getattr(settings, section.name), **{field.name: value})
            settings = replace(settings, **{section.name: group})
    return settings


def _value(variable: str, text: str, wanted: type[T]) -> T:
    try:
        return msgspec.convert(text, wanted, strict=False)
    except msgspec.ValidationError as error:
        raise BadInstallation(
            Bilingual(
                f"{variable} in the environment: {error}.",
                f"环境变量 {variable} 的值不对：“{error}”。",
            ),
            hint=Bilingual("Correct it or unset it.", "请改正或去掉它。"),
        ) from error


def _variable(section: str, key: str) -> str:
    return f"{ENVIRONMENT_PREFIX}{section}_{key}".upper()


def _hint(word: str, known: Iterable[str]) -> Bilingual:
    names = list(known)
    nearest = get_close_matches(word, names, n=1)
    if nearest:
        return Bilingual(f"did you mean `{nearest[0]}`?", f"您要写的是 `{nearest[0]}` 吗？")
    return Bilingual(f"there are {', '.join(names)}.", f"可以用的有：{'、'.join(names)}。")


def _help(field: FieldInfo) -> Iterator[Bilingual]:
    base, meta = get_args(field.type)
    yield Bilingual(meta.description, meta.extra["zh"])
    if get_origin(base) is Literal:
        choices = [_toml(choice) for choice in get_args(base)]
        yield Bilingual(f"One of {', '.join(choices)}.", f"可选 {'、'.join(choices)}。")
    elif meta.ge is not None:
        yield Bilingual(f"From {meta.ge} to {meta.le}.", f"取 {meta.ge} 到 {meta.le}。")


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
