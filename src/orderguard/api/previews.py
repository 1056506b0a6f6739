"""What a condition would have caught, how a value is spread, and what the team can take on."""

import asyncio

from fastapi import APIRouter, Depends, Response
from msgspec import structs

from orderguard.api.access import signed_in
from orderguard.api.answers import answer
from orderguard.api.context import Context, Given
from orderguard.api.rulebook_reading import features_of, with_features
from orderguard.api.rulebook_shapes import PreviewAsked, Previewed, TeamLoad
from orderguard.bilingual import Bilingual
from orderguard.domain.alerts import Severity
from orderguard.domain.wording import RuleStatus
from orderguard.errors import BadInput, Fault, LibraryFaults, NotFound, NotReady
from orderguard.flows.present import Json
from orderguard.flows.workload import workload
from orderguard.kit.clock import rfc3339
from orderguard.rules import check, names_of

RETRY_AFTER_S = 2
_NOTHING: Json = {"state": "none", "done": 0.0, "as_of": None, "preview": None, "bins": []}

router = APIRouter(tags=["rules"], dependencies=[Depends(signed_in)])


@router.post("/previews", response_model=Previewed)
async def preview_rule(context: Given, asked: PreviewAsked) -> Response:
    """What a condition would have caught. `none`: this server keeps no log to look into."""
    files = await asyncio.to_thread(with_features, _files(context), asked.features)
    names = names_of(await asyncio.to_thread(features_of, files, {}))
    problems = check(asked.when, names).problems
    if problems:
        faults = (Fault("when", 1, one.at + 1, one.message) for one in problems)
        raise LibraryFaults(tuple(faults))
    question = {
        "files": files,
        "when": asked.when,
        "subject": [entity.value for entity in asked.subject],
        "tune": asked.tune,
        "standing": _opening_cases(context),
        "rule": asked.rule,
    }
    return answer(await _ask(context, question))


@router.get("/previews/workload", response_model=TeamLoad)
async def measure_workload(context: Given) -> Response:
    """What comes to the team a day, and what it decides: new cases are held against it."""
    fold = context.live.fold
    pieces = workload(fold.results, fold.clock_ms)
    while True:
        try:
            next(pieces)
        except StopIteration as made:
            return answer(structs.asdict(made.value))
        await asyncio.sleep(0)


@router.get("/rulebook/catalogue/{name}/histogram", response_model=Previewed)
async def get_histogram(context: Given, name: str) -> Response:
    """How a value was spread over the orders of the last 30 days."""
    files = _files(context)
    if name not in names_of(await asyncio.to_thread(features_of, files, {})):
        raise NotFound(Bilingual("There is no such value.", "没有这个值。"))
    return answer(await _ask(context, {"files": files, "name": name}))


async def _ask(context: Context, question: Json) -> Json:
    if context.previews is None:
        return _NOTHING
    try:
        told: Json = await context.previews(question)
    except TimeoutError as error:
        why = Bilingual("The preview takes too long.", "预览用时太长。")
        raise NotReady(why, retry_after_s=RETRY_AFTER_S) from error
    except OSError as error:
        why = Bilingual(
            "The preview failed; the server's own output says why.",
            "预览失败了；原因见服务器自己的输出。",
        )
        raise NotReady(why, retry_after_s=RETRY_AFTER_S) from error
    if told["state"] == "failed":
        raise BadInput(Bilingual(**told["detail"]))
    as_of = told.get("as_of_ms")
    return {
        "state": told["state"],
        "done": told["done"],
        "as_of": rfc3339(as_of) if as_of else None,
        "preview": told["preview"],
        "bins": told["bins"],
    }


def _opening_cases(context: Context) -> list[str]:
    """The rules whose alerts a person looks at, as they judge now."""
    compiled = context.live.fold.engine.by_id.values()
    return [
        one.rule.id
        for one in compiled
        if one.rule.status is RuleStatus.LIVE and one.rule.severity.rank >= Severity.MEDIUM.rank
    ]


def _files(context: Context) -> dict[str, str]:
    library = context.live.fold.tables.library.get("")
    assert library is not None, "a server that is ready has published its library"
    return library.files
