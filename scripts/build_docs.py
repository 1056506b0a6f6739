"""Write `docs/reference/` from the code and the library.

    python scripts/build_docs.py

The same code makes the same pages; a test compares them.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import get_args

import click
from msgspec import NODEFAULT
from msgspec.structs import fields

from orderguard.actions import discover as discover_actions
from orderguard.api.families import FAMILIES, OF_THE_PROCESS
from orderguard.app import PACKAGED_LIBRARY, channels, read_library
from orderguard.cli import main as command_line
from orderguard.domain.health import (
    CHECKS,
    HealthRule,
    Parameter,
    ParameterKind,
    ParameterValue,
)
from orderguard.domain.library import Feature, Library, Playbook, Rule
from orderguard.kit.clock import MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, MS_PER_SECOND
from orderguard.rules import EVERYTHING, load_library
from orderguard.settings import ENVIRONMENT_PREFIX, Settings

TARGET = Path(__file__).resolve().parents[1] / "docs" / "reference"
MADE = "*Made by `make docs`; change the code or the library, not this page.*"
UNITS = (("d", MS_PER_DAY), ("h", MS_PER_HOUR), ("m", MS_PER_MINUTE), ("s", MS_PER_SECOND))

BY_HAND = {
    "results.md": "What the standard library finds on public data",
    "recognition.md": "What the standard library recognises in simulated sales",
}
"""Pages of the reference that no code can write."""


@click.command(help=__doc__)
@click.option("--target", default=TARGET, type=click.Path(file_okay=False, path_type=Path))
def main(target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for name, page in pages().items():
        (target / name).write_text(page)


def pages() -> dict[str, str]:
    """Every page by its file's name."""
    library = load_library(read_library(PACKAGED_LIBRARY), preset=EVERYTHING)
    written: dict[str, tuple[str, Iterable[str]]] = {
        "rules.md": ("Rules, features and playbooks", rules(library)),
        "commands.md": ("Commands", commands(command_line, "orderguard")),
        "settings.md": ("Settings", settings()),
        "channels.md": ("Channels", channel_rows()),
        "actions.md": ("Actions", action_pages()),
        "metrics.md": ("Measurements", measurements()),
    }
    titles = {name: title for name, (title, _) in written.items()} | BY_HAND
    contents = [f"- [{title}]({name})" for name, title in titles.items()]
    written["README.md"] = ("Reference", contents)
    return {name: _page(title, lines) for name, (title, lines) in written.items()}


def rules(library: Library) -> Iterator[str]:
    packs = {rule.pack for rule in library.rules} | {rule.pack for rule in library.health}
    for pack in sorted(packs):
        yield f"## Pack `{pack}`"
        for rule in library.rules:
            if rule.pack == pack:
                yield from _rule(rule)
        for ailment in library.health:
            if ailment.pack == pack:
                yield from _health_rule(ailment)
    yield from ("## Features", "", "| feature | what it is | kind | by | on | window |")
    yield "| --- | --- | --- | --- | --- | --- |"
    yield from (_feature(feature) for feature in sorted(library.features, key=lambda one: one.id))
    yield "## Playbooks"
    for playbook in (*library.playbooks, *library.mending):
        yield from _playbook(playbook)


def commands(command: click.Command, path: str) -> Iterator[str]:
    """The help of a command and of all below it, as the command line prints it."""
    context = click.Context(command, info_name=path, terminal_width=92)
    yield from (f"## `{path}`", "", "```", command.get_help(context).replace("`", "'"), "```")
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                yield from commands(inner, f"{path} {name}")


def settings() -> Iterator[str]:
    yield "They stand in `orderguard.toml` of the data folder. A variable goes before the file."
    for section in fields(Settings):
        yield from (f"## `[{section.name}]`", "", section.type.__doc__ or "", "")
        yield from ("| key | default | variable | what it does |", "| --- | --- | --- | --- |")
        for field in fields(section.type):
            _, meta = get_args(field.type)
            variable = f"{ENVIRONMENT_PREFIX}{section.name}_{field.name}".upper()
            yield f"| `{field.name}` | `{field.default}` | `{variable}` | {meta.description} |"


def channel_rows() -> Iterator[str]:
    yield from ("| channel | name in paths | what it can tell of an order |", "| --- | --- | --- |")
    for name, channel in sorted(channels().items()):
        told = ", ".join(f"`{member}`" for member in sorted(channel.supplies))
        page = f"../../src/orderguard/channels/{name}/doc.md"
        yield f"| [{channel.title}]({page}) | `{name}` | {told} |"


def action_pages() -> Iterator[str]:
    yield "Each is connected by a table of its name in `orderguard.toml`."
    for name, kind in sorted(discover_actions().items()):
        page = f"../../src/orderguard/actions/{name}/doc.md"
        title = f"[{kind.title['en']}]({page}) · {kind.title['zh']}"
        yield from (f"## `[actions.{name}]`", "", title, "", kind.settings.__doc__ or "", "")
        yield from ("| key | default | what it does |", "| --- | --- | --- |")
        for field in fields(kind.settings):
            _, meta = get_args(field.type)
            default = field.default if field.default is not NODEFAULT else field.default_factory()
            shown = f"`{default}`" if default or default == 0 else ""
            yield f"| `{field.name}` | {shown} | {meta.description} |"


def measurements() -> Iterator[str]:
    yield "`GET /metrics` tells them in Prometheus' text format: from the server's own machine"
    yield "without a token, from elsewhere with one of any role. Counters begin anew at each start,"
    yield "save where they say otherwise."
    for title, families in (
        ("OrderGuard's own", FAMILIES),
        ("Of the process, on Linux", OF_THE_PROCESS),
    ):
        yield from (f"## {title}", "", "| name | kind | labels | what it is |")
        yield "| --- | --- | --- | --- |"
        for one in families:
            labels = ", ".join(f"`{label}`" for label in one.labels)
            yield f"| `{one.name}` | {one.kind} | {labels} | {one.help} |"
    yield from ("## Bounds of the histograms", "", "| name | upper bounds |", "| --- | --- |")
    for one in FAMILIES:
        if one.bounds:
            yield f"| `{one.name}` | {', '.join(f'{bound:g}' for bound in one.bounds)} |"


def _rule(rule: Rule) -> Iterator[str]:
    yield from (f"### `{rule.id}`", "", f"**{rule.title.en}** · {rule.title.zh}", "", rule.why, "")
    raised = "".join(f", {step.to} when `{_line(step.when)}`" for step in rule.raises)
    yield f"- **{rule.kind}**, severity {rule.severity}{raised}; status {rule.status}"
    yield f"- alerts about: {' + '.join(rule.subject)}; evidence of the group {rule.group}"
    yield f"- believed before labels: {rule.prior.bad:.0%} turn out bad. {rule.prior.source}"
    yield from ("", "```", _line(rule.when), "```", "", "False alarms:", "")
    yield from (f"- {alarm}" for alarm in rule.false_alarms)
    yield from ("", f"What to do: {rule.runbook}")


def _health_rule(rule: HealthRule) -> Iterator[str]:
    yield from (f"### `{rule.id}`", "", f"**{rule.title.en}** · {rule.title.zh}", "", rule.why, "")
    yield f"- **{rule.kind}**, severity {rule.severity}; status {rule.status}"
    yield f"- checks: `{rule.watches}`" + (f"; mended by `{rule.mend}`" if rule.mend else "")
    yield from ("", "| parameter | default | what it is |", "| --- | --- | --- |")
    for name, form in CHECKS[rule.watches].parameters.items():
        yield f"| `{name}` | {_limit(form, rule.parameters[name])} | {form.title.en} |"
    yield from ("", "False alarms:", "")
    yield from (f"- {alarm}" for alarm in rule.false_alarms)
    yield from ("", f"What to do: {rule.runbook}")


def _limit(form: Parameter, value: ParameterValue) -> str:
    if value is None or value == ():
        return ""
    if form.kind is ParameterKind.DURATION and isinstance(value, int):
        return _duration(value) if value else "0s"
    if isinstance(value, tuple):
        return ", ".join(f"`{kind}`" for kind in value)
    return f"`{value}`"


def _feature(feature: Feature) -> str:
    what = f"{feature.title.en} · {feature.title.zh}"
    by, on = " + ".join(feature.by), ", ".join(feature.on)
    window = _duration(feature.window_ms)
    return f"| `{feature.id}` | {what} | {feature.kind} | {by} | {on} | {window} |"


def _playbook(playbook: Playbook) -> Iterator[str]:
    when = (
        "alerts of the health rules that name it"
        if playbook.severity is None
        else f"severity {playbook.severity}"
    )
    title = f"**{playbook.title.en}** · {playbook.title.zh}, at {when}"
    yield from (f"### `{playbook.id}`", "", title, "")
    yield from ("| step | action | after | only for orders that are |", "| --- | --- | --- | --- |")
    for step in playbook.steps:
        after = _duration(step.after_ms) if step.after_ms else "at once"
        yield f"| {step.step} | `{step.action}` | {after} | {step.only_if or 'any'} |"


def _duration(ms: int) -> str:
    return next(f"{ms // size}{unit}" for unit, size in UNITS if ms % size == 0)


def _line(condition: str) -> str:
    return " ".join(condition.split())


def _page(title: str, lines: Iterable[str]) -> str:
    """A page with an empty line around each heading and none twice."""
    text = "\n".join(f"\n{line}\n" if line.startswith("#") else line for line in lines)
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return f"# {title}\n\n{MADE}\n\n{text.strip()}\n"


if __name__ == "__main__":
    main()
