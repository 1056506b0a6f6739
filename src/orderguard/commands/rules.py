import os
from collections.abc import Iterable, Mapping
from contextlib import closing
from enum import StrEnum
from pathlib import Path

import click
from msgspec import Struct
from msgspec.structs import asdict

from orderguard.app import (
    PACKAGED_LIBRARY,
    Installation,
    channels,
    memory_state,
    read_library,
)
from orderguard.bilingual import Bilingual, both
from orderguard.commands.options import data_option, json_option, print_json, print_rows
from orderguard.domain.connecting import ORDERS_OF
from orderguard.domain.ports import ShopConfig
from orderguard.errors import Fault, LibraryFaults
from orderguard.flows.coverage import cannot_fire
from orderguard.flows.limits import Learned, saved_limits
from orderguard.flows.proof import run_life_tests
from orderguard.kit.clock import MS_PER_HOUR
from orderguard.rules import RuleTestResult, check_library, load_library, run_rule_tests
from orderguard.settings import Settings

_folder_argument = click.argument(
    "folder", required=False, type=click.Path(path_type=Path, file_okay=False)
)


class SilentRule(Struct, frozen=True):
    """A rule that no order of a shop can ever set off, and what its channel never tells."""

    channel: str
    shop: str
    rule: str
    lacks: tuple[str, ...]

    def __str__(self) -> str:
        lacks = ", ".join(self.lacks)
        return f"{self.channel}/{self.shop}: {self.rule} cannot fire here: never told {lacks}."


class Why(StrEnum):
    """Why rules see no order of a shop."""

    SPEAKS_OF_OTHERS = "speaks_of_others"
    NEVER_HEARD = "never_heard"


class SilentShop(Struct, frozen=True):
    """A shop without orders of its own; `of` names those whose orders it speaks of."""

    channel: str
    shop: str
    why: Why
    of: str = ""

    def __str__(self) -> str:
        return self.said.en

    @property
    def said(self) -> Bilingual:
        place = f"{self.channel}/{self.shop}"
        if self.why is Why.NEVER_HEARD:
            return Bilingual(
                f"{place}: nothing was heard of it yet, so no rule has seen an order of it.",
                f"{place}：还没有收到它的任何消息，所以规则没有见过它的订单。",
            )
        of = both(self.of) if self.of else Bilingual("other shops", "其他店铺")
        return Bilingual(
            f"{place}: no order is its own: rules stand on {of.en}, whose orders it speaks of.",
            f"{place}：它没有自己的订单，说的是{of.zh}的订单：规则在那里判断。",
        )


def rules_that_cannot_fire(
    installation: Installation, files: Mapping[str, str], settings: Settings
) -> list[SilentRule]:
    """Those of the installation's preset, shop by shop. Raise LibraryFaults for a faulty library.

    A shop whose channel is not there any more has no rules, nor has one that speaks of the orders
    of others: a warehouse, a payment provider.
    """
    library = load_library(files, preset=settings.library.preset)
    with closing(installation.open_control()) as control:
        shops = control.all()
    known = channels()
    return [
        SilentRule(shop.channel, shop.shop, silent.rule, silent.lacks)
        for shop in shops
        if shop.channel in known and not _speaks_of_others(shop, known[shop.channel].supplies)
        for silent in cannot_fire(library, known[shop.channel].supplies)
    ]


def silent_shops(installation: Installation) -> list[SilentShop]:
    """Those of which no rule sees an order: they have none, or nothing was heard of them yet."""
    known = channels()
    with closing(installation.open_control()) as control:
        shops, records = control.all(), control.senders.load()
    heard = {(one.channel, one.shop) for one in records if one.event_ms}
    found = []
    for shop in shops:
        supplies = known[shop.channel].supplies if shop.channel in known else frozenset()
        if shop.channel in known and _speaks_of_others(shop, supplies):
            of = shop.settings.get(ORDERS_OF, "")
            found.append(SilentShop(shop.channel, shop.shop, Why.SPEAKS_OF_OTHERS, of))
        elif (shop.channel, shop.shop) not in heard:
            found.append(SilentShop(shop.channel, shop.shop, Why.NEVER_HEARD))
    return found


def _speaks_of_others(shop: ShopConfig, supplies: frozenset[str]) -> bool:
    return not supplies or bool(shop.settings.get(ORDERS_OF))


@click.group("rules")
def command() -> None:
    """Check a library and run the tests inside its rules; that of the package unless DIR names one.

    Exit status 1 when a fault is found or a test fails.
    """


@command.command("check")
@_folder_argument
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="An installation: check its library, and tell which rules cannot fire on its shops.",
)
@json_option
@click.pass_context
def check(context: click.Context, *, folder: Path | None, data: Path | None, as_json: bool) -> None:
    """Report every fault, one a line, as FILE:LINE:COL: message."""
    installation = None if data is None else Installation(data)
    own = PACKAGED_LIBRARY if installation is None else installation.library_folder
    folder = folder or own
    files, faults = _read(folder)
    silent: list[SilentRule] = []
    quiet: list[SilentShop] = []
    if installation is not None and not faults:
        silent = rules_that_cannot_fire(installation, files, installation.settings(os.environ))
        quiet = silent_shops(installation)
    if as_json:
        print_json(
            {
                "faults": [_fault_json(fault) for fault in faults],
                "cannot_fire": [asdict(one) for one in silent],
                "silent_shops": [asdict(one) for one in quiet],
            }
        )
    else:
        for fault in faults:
            click.echo(str(fault))
        for one in (*silent, *quiet):
            click.echo(str(one))
        if not faults:
            click.echo(f"{folder}: {len(files)} files, no fault.")
    context.exit(1 if faults else 0)


@command.command("test")
@_folder_argument
@json_option
@click.pass_context
def test(context: click.Context, *, folder: Path | None, as_json: bool) -> None:
    """Run the tests inside the rules."""
    folder = folder or PACKAGED_LIBRARY
    files, faults = _read(folder)
    results = [] if faults else _results(files)
    failed = [result for result in results if not result.passed]
    if as_json:
        said = [_result_json(result) for result in failed]
        told = [_fault_json(fault) for fault in faults]
        print_json({"tests": len(results), "failed": said, "faults": told})
    else:
        for line in (*map(str, faults), *map(_told, failed)):
            click.echo(line)
        click.echo(f"{folder}: {len(results)} tests, {len(failed)} failed.")
    context.exit(1 if faults or failed else 0)


@command.command("limits")
@data_option
@json_option
def limits(*, data: Path, as_json: bool) -> None:
    """Show how long what health rules wait for usually takes, and the limits that would fit.

    What is suggested is text for the rule's `overrides`; nothing is applied by itself.
    """
    installation = Installation(data)
    preset = installation.settings(os.environ).library.preset
    library = load_library(installation.library(), preset=preset)
    with closing(installation.open_state()) as store:
        found = saved_limits(store, library.health)
    if as_json:
        print_json({"items": [asdict(one) for one in found]})
        return
    heading = ("RULE", "WHERE", "ORDERS", "MEDIAN", "P95", "P99", "LIMIT")
    print_rows([heading, *map(_limit_row, found)])
    for rule in dict.fromkeys(one.rule for one in found if one.override):
        click.echo(f"\nIn {rule.replace('.', '/')}.yaml, under `overrides:`")
        for one in found:
            if one.rule == rule and one.override:
                click.echo(f"  {one.override}")


def _limit_row(one: Learned) -> tuple[str, ...]:
    places = (one.channel, one.shop, one.warehouse, one.carrier)
    times = (one.median_ms, one.p95_ms, one.p99_ms, one.limit_ms)
    where = "/".join(place or "-" for place in places)
    return (one.rule, where, str(one.count), *(f"{ms / MS_PER_HOUR:.1f} h" for ms in times))


def _results(files: Mapping[str, str]) -> list[RuleTestResult]:
    library = load_library(files)
    return [*run_rule_tests(library), *run_life_tests(library, memory_state)]


def _read(folder: Path) -> tuple[dict[str, str], list[Fault]]:
    """The library's files, and their faults with paths that lead there from here."""
    files: dict[str, str] = {}
    faults: Iterable[Fault]
    try:
        files = read_library(folder)
        faults = check_library(files)
    except LibraryFaults as error:
        faults = error.faults
    return files, [
        Fault(str(folder / fault.file), fault.line, fault.column, fault.message) for fault in faults
    ]


def _fault_json(fault: Fault) -> dict[str, str | int]:
    return {
        "file": fault.file,
        "line": fault.line,
        "column": fault.column,
        "message": fault.message.en,
    }


def _result_json(result: RuleTestResult) -> dict[str, str | bool | None]:
    return {
        "rule": result.rule,
        "test": result.test,
        "expects_hit": result.expects_hit,
        "expects_severity": result.expects_severity,
        "severity": result.severity,
    }


def _told(result: RuleTestResult) -> str:
    if result.is_broken:
        return f"{result.rule}: {result.test}: an event of it could not be judged"
    wanted = f"a hit ({result.expects_severity or 'any severity'})"
    return (
        f"{result.rule}: {result.test}: expected {wanted if result.expects_hit else 'no hit'},"
        f" came {f'a hit ({result.severity})' if result.severity else 'no hit'}"
    )
