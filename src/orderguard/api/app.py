"""The API for people and programs, on the loop that owns the fold."""

import asyncio
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from types import MappingProxyType
from typing import Any

import msgspec
from fastapi import APIRouter, Depends, FastAPI, Response
from fastapi.telemetry import TelemetryConfig
from pydantic.json_schema import models_json_schema

from orderguard.api import (
    actions,
    alerts,
    case_scene,
    cases,
    challenge,
    checks,
    demo_shop,
    home,
    inbox,
    installation,
    learning,
    limits,
    lists,
    live_picture,
    locks,
    order_list,
    orders,
    people,
    playbooks,
    previews,
    profiles,
    questions,
    reconciliation,
    report,
    responding,
    rulebook,
    rules,
    sales,
    screen,
    server,
    session,
    settlement_files,
    shops,
    stock,
    stream,
    summary,
    workbench,
)
from orderguard.api.access import Described, ready
from orderguard.api.body import BoundedBody
from orderguard.api.context import Context
from orderguard.api.frames import Frames
from orderguard.api.health_shapes import Health
from orderguard.api.metrics import Metrics
from orderguard.api.needs import (
    AccessControl,
    Examine,
    ListedValue,
    LiveView,
    PersonOf,
    Previews,
    ReadAnswer,
    Screening,
    Statements,
    WriteRule,
)
from orderguard.api.passwords import PasswordGate
from orderguard.api.problems import CONTENT_TYPE, explain_errors
from orderguard.api.pulse import Pulse
from orderguard.api.shapes import Case, Problem
from orderguard.api.tally import Tally
from orderguard.domain.ports import Clock
from orderguard.domain.shown import ShownSection
from orderguard.flows.connected import States
from orderguard.flows.contacts import Person
from orderguard.flows.shop_desk import ShopDesk

_SCHEMAS = "#/components/schemas/"
_PROBLEM = {
    "description": "What is wrong (RFC 9457)",
    "content": {CONTENT_TYPE: {"schema": {"$ref": f"{_SCHEMAS}Problem"}}},
}
_PROBLEMS: dict[int | str, dict[str, Any]] = {"4XX": _PROBLEM, "5XX": _PROBLEM}
_NO_TELEMETRY: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
"""What an environment variable of the framework could switch on would leave the machine."""


class _Api(FastAPI):
    """Describes problems and the stream's data too, which no handler returns as they are."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            _, told = models_json_schema(
                [(one, "serialization") for one in (Problem, Case, Health)],
                ref_template=f"{_SCHEMAS}{{model}}",
            )
            schemas = super().openapi()["components"]["schemas"]
            schemas.update(told["$defs"])
            asked = screen.ASKED_SCHEMAS.items()
            schemas.update({f"Checkout{name}": schema for name, schema in asked})
        assert self.openapi_schema is not None, "made above"
        return self.openapi_schema


def make_api(
    live: LiveView,
    control: AccessControl,
    metrics: Metrics,
    *,
    clock: Clock,
    listed_value: ListedValue,
    screening: Screening,
    storefronts: str = "",
    read_answer: ReadAnswer = lambda _text: None,
    action_states: States = tuple,
    write_rule: WriteRule = lambda _name, _text: None,
    person: PersonOf = lambda _order: Person(),
    has_demo_shop: bool = False,
    statements: Statements | None = None,
    results_before: Mapping[str, float] = MappingProxyType({}),
    desk: ShopDesk | None = None,
    examine: Examine | None = None,
    settings: tuple[ShownSection, ...] = (),
    supplies: Mapping[str, frozenset[str]] = MappingProxyType({}),
    ask_preview: Previews | None = None,
) -> FastAPI:
    """The whole API, webhooks apart. It answers 503 until `live` is ready."""
    api = _described()
    tally = Tally(live)
    api.state.context = Context(
        live=live,
        control=control,
        metrics=metrics,
        clock=clock,
        listed_value=listed_value,
        read_answer=read_answer,
        write_rule=write_rule,
        person=person,
        tally=tally,
        pulse=Pulse(live, tally, metrics),
        frames=Frames(),
        passwords=PasswordGate(control, clock),
        screen=screening,
        storefronts=f"'self' {storefronts}".strip(),
        action_states=action_states,
        statements=statements,
        results_before=results_before,
        desk=desk,
        examine=examine,
        settings=settings,
        supplies=supplies,
        previews=ask_preview,
    )
    api.add_middleware(BoundedBody)
    explain_errors(api)
    if has_demo_shop:
        api.include_router(demo_shop.router)
    api.add_api_route("/openapi.json", _show_description, include_in_schema=False)
    return api


def describe() -> dict[str, Any]:
    """The API's description (OpenAPI), as every server of this version gives it."""
    return _described().openapi()


async def _show_description() -> Response:
    """Made beside the loop when it is first asked for: it takes a second."""
    return Response(await asyncio.to_thread(_description), media_type="application/json")


@cache
def _description() -> bytes:
    return msgspec.json.encode(describe())


def _described() -> _Api:
    """All routes, and nothing behind them yet."""
    api = _Api(
        title="OrderGuard",
        version=version("orderguard"),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=_NO_TELEMETRY,
        responses=_PROBLEMS,
    )
    for router in (home.router, workbench.router, server.router, session.router, questions.router):
        api.include_router(router)
    about_orders = APIRouter(prefix="/api/v1", dependencies=[Depends(ready), *Described])
    for part in (
        *(
            alerts,
            order_list,
            orders,
            inbox,
            cases,
            case_scene,
            checks,
            profiles,
            rules,
            learning,
            lists,
            responding,
            stream,
        ),
        *(playbooks, previews, rulebook, live_picture),
        *(locks, limits, actions, summary, report, sales),
        *(reconciliation, settlement_files, stock),
        *(shops, people, installation),
    ):
        about_orders.include_router(part.router)
    api.include_router(about_orders)
    api.include_router(screen.router, dependencies=Described)
    api.include_router(challenge.router)
    return api
