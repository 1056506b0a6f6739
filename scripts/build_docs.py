"""Write `docs/reference/` and `docs/howto/connect-*.md` from the code and the library.

    python scripts/build_docs.py

The same code makes the same pages; a test compares them.
"""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import get_args

import click
from msgspec import NODEFAULT
from msgspec.structs import fields

from orderguard.actions import discover as discover_actions
from orderguard.api.families import FAMILIES, OF_THE_PROCESS
from orderguard.app import PACKAGED_LIBRARY, calls, channels, feeds, read_library
from orderguard.cli import main as command_line
from orderguard.domain.calls import Calls
from orderguard.domain.connecting import ORDERS_OF, ShopSetting
from orderguard.domain.health import (
    CHECKS,
    HealthRule,
    Parameter,
    ParameterKind,
    ParameterValue,
)
from orderguard.domain.library import Feature, Library, Playbook, Rule
from orderguard.domain.ports import Channel
from orderguard.flows.coverage import cannot_fire
from orderguard.kit.clock import MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, MS_PER_SECOND
from orderguard.rules import EVERYTHING, load_library
from orderguard.settings import ENVIRONMENT_PREFIX, Settings

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs"
CHANNELS = ROOT / "src" / "orderguard" / "channels"
PRESET = "standard"
MADE = "*Made by `make docs`; change the code or the library, not this page.*"
UNITS = (("d", MS_PER_DAY), ("h", MS_PER_HOUR), ("m", MS_PER_MINUTE), ("s", MS_PER_SECOND))

BY_HAND = {
    "results.md": "What the standard library finds on public data",
    "recognition.md": "What the standard library recognises in simulated sales",
    "workbench.md": "The screens of the workbench",
}
"""Pages of the reference that no code can write."""


@click.command(help=__doc__)
@click.option("--target", default=TARGET, type=click.Path(file_okay=False, path_type=Path))
def main(target: Path) -> None:
    for folder, written in (("reference", pages()), ("howto", connect_pages())):
        (target / folder).mkdir(parents=True, exist_ok=True)
        for name, page in written.items():
            (target / folder / name).write_text(page)


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
    yield "How to connect each, and which rules cannot fire on it, stands behind its name in paths."
    yield ""
    yield from ("| channel | name in paths | what it can tell of an order |", "| --- | --- | --- |")
    for name, channel in sorted(channels().items()):
        told = _listed(channel.supplies) or "nothing: it speaks of the orders of shops elsewhere"
        page = f"../../src/orderguard/channels/{name}/doc.md"
        connect = f"[`{name}`](../howto/connect-{name}.md)"
        yield f"| [{channel.title}]({page}) | {connect} | {told} |"


def connect_pages() -> dict[str, str]:
    """How each channel is connected, by the file's name."""
    library = load_library(read_library(PACKAGED_LIBRARY), preset=PRESET)
    return {
        f"connect-{name}.md": _page(f"Connect {channel.title} (`{name}`)", _connect(name, library))
        for name, channel in channels().items()
    }


def _connect(name: str, library: Library) -> Iterator[str]:
    channel, sections = channels()[name], _sections(name)
    steps = next(heading for heading in sections if heading.startswith("Connect"))
    yield sections[""]
    page = f"../../src/orderguard/channels/{name}/doc.md"
    yield f"\nWhat becomes what, code by code, stands on [the channel's own page]({page})."
    yield from (f"## {steps}", _without_settings(sections[steps]))
    yield "## Settings"
    yield from _shop_settings(channel.settings)
    yield "## See that it works"
    yield from _is_it_well(name)
    yield "## What it tells"
    yield from _told(channel)
    yield "## What it can be asked, and told"
    yield from _asked(name, channel)
    yield "## Rules that cannot fire"
    yield from _silent_rules(channel, library)
    yield from ("## What is uncertain", sections["What is uncertain"])


def _sections(name: str) -> dict[str, str]:
    """The text below each heading of a channel's page, its links as this folder sees them."""
    page = (CHANNELS / name / "doc.md").read_text("utf-8")
    page = re.sub(r"\]\((?!\w+:|#)([^)\s]+)\)", lambda link: _from_howto(name, link[1]), page)
    before, *rest = re.split(r"^## ", page, flags=re.MULTILINE)
    parted = [section.partition("\n") for section in rest]
    told = {heading.strip(): text.strip() for heading, _, text in parted}
    return {"": before.partition("\n")[2].strip(), **told}


def _from_howto(name: str, link: str) -> str:
    if other := re.fullmatch(r"\.\./(\w+)/doc\.md", link):
        return f"](connect-{other[1]}.md)"
    path, hash_, anchor = link.partition("#")
    target = os.path.relpath((CHANNELS / name / path).resolve(), TARGET / "howto")
    return f"]({target}{hash_}{anchor})"


def _without_settings(text: str) -> str:
    """Without a table of settings, which this page has from the code."""
    blocks = text.split("\n\n")
    return "\n\n".join(block for block in blocks if not block.startswith("| setting |"))


def _shop_settings(known: Iterable[ShopSetting]) -> Iterator[str]:
    yield "`--set NAME=VALUE` of `orderguard shop add`, and of `orderguard shop set` later on;"
    yield "`NAME=@FILE` reads the value from a file."
    yield from ("", "| setting | what it is | needed | where it stands |")
    yield "| --- | --- | --- | --- |"
    if not any(one.signs for one in known):
        what = "The secret that signs · 签名密钥"
        how = "Given by `--secret`, and not by `--set`; a fresh one is made unless you give it"
        yield f"| `--secret` | {what} | secret | {how} |"
    for one in known:
        how = " · ".join((one.help["en"], one.help["zh"]))
        what = f"{one.title['en']} · {one.title['zh']}"
        yield f"| `{one.name}` | {what} | {_needed(one)} | {_cell(how)} |"


def _needed(one: ShopSetting) -> str:
    words = ["required" if one.is_required and not one.default else "optional"]
    words += ["secret"] if one.is_secret else []
    words += ["signs: the same as `--secret`"] if one.signs else []
    words += [f"`{one.default}` unless set"] if one.default else []
    words += [f"one of {_listed(one.choices)}"] if one.choices else []
    return ", ".join(words)


def _is_it_well(name: str) -> Iterator[str]:
    asks = "asks the platform now, and says" if name in calls() else "says"
    settings = f"{asks} whether secret and settings are right, and when the last event came"
    yield from ("| command | what it tells |", "| --- | --- |")
    test = f"orderguard shop test NAME --channel {name} --data DIR"
    yield f"| `{test}` | {settings} |"
    listed = "of each shop the last event, its lag, refused calls, details and gaps"
    yield f"| `orderguard shop list --data DIR` | {listed} |"
    yield "| `orderguard doctor --data DIR` | what is wrong, and how to mend it |"
    yield from ("", "More stands in [find what is wrong](find-what-is-wrong.md).")


def _told(channel: Channel) -> Iterator[str]:
    if channel.supplies:
        yield f"Of an order: {_listed(channel.supplies)}."
    else:
        yield "Nothing of an order itself: it tells what happens to the orders of your shops."
    if channel.tokens:
        yield "\nWhat is masked has an equality token in its place:\n"
    for member, scope in sorted(channel.tokens.items()):
        days = f", of orders at most {scope.days} d apart" if scope.days else ", for ever"
        yield f"- `{member}`: equal for the same within one {scope.within}{days}"


def _asked(name: str, channel: Channel) -> Iterator[str]:
    asks = calls().get(name)
    if name in feeds():
        yield "- OrderGuard connects to the platform and keeps the connection."
    if channel.greets:
        yield "- The platform checks the address by a GET, which is answered."
    if asks is None:
        yield "- It is only listened to: nothing is asked of it."
        yield "- Lost messages are not found here; gaps are counted where later ones show them."
        yield "- Steps of playbooks go to your own system."
        return
    has = type(asks)
    if has.detail is not Calls.detail:
        yield "- What names a thing by its id alone is acknowledged, and completed by a call."
    if asks.lists:
        yield "- Changed orders are listed: what no message told is found, and mended."
    else:
        yield "- It has no list of changed orders: gaps are counted and shown, and not mended."
    for action in sorted(asks.does):
        back = "can be taken back" if action in asks.undoes else "is not taken back"
        yield f"- `{action}` is done by the platform, and {back}."
    yield "- All other steps of playbooks go to your own system."
    if has.renew is not Calls.renew:
        yield "- Its tokens are renewed by themselves."
    yield f"- At most {asks.limits.per_s:g} calls a second are made for one app."


def _silent_rules(channel: Channel, library: Library) -> Iterator[str]:
    preset = f"Of the `{PRESET}` preset ([rules](../reference/rules.md))"
    if not channel.supplies:
        yield "It supplies nothing of an order: rules stand on the shops whose orders it speaks of."
        return
    if any(one.name == ORDERS_OF for one in channel.settings):
        yield f"On the shops that `{ORDERS_OF}` names, what their own channel tells counts as well."
        yield ""
    silent = cannot_fire(library, channel.supplies)
    if not silent:
        yield f"{preset}, every rule can fire."
        return
    yield f"{preset}, {len(silent)} of {len(library.rules)} cannot: they need what it never tells."
    yield from ("", "| rule | never told |", "| --- | --- |")
    for one in silent:
        lacks = "; ".join(f"`{'` or `'.join(lack.split(' or '))}`" for lack in one.lacks)
        yield f"| `{one.rule}` | {lacks} |"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


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
