"""POST /api/v1/settlement-files: a settlement file of a payment provider, brought by a person."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from orderguard.api.access import Accountant
from orderguard.api.answers import answer
from orderguard.api.context import Given
from orderguard.api.reader import Reader
from orderguard.bilingual import Bilingual, Language
from orderguard.errors import BadInput
from orderguard.flows.present import Json
from orderguard.flows.statements import Bringing, Brought

ERRORS_MAX = 100
"""Lines that cannot be read, told one by one."""

router = APIRouter(prefix="/settlement-files", tags=["reconciliation"])

Name = Annotated[str, Query(min_length=1, max_length=128)]
FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class SummedSettlements(BaseModel):
    kind: Literal["payment", "refund"]
    currency: str
    count: int
    amount: str


class LineError(BaseModel):
    line: int
    message: str


class BroughtFile(BaseModel):
    """What a file held, and what of it is new."""

    format: str
    dry_run: bool
    settlements: int
    accepted: int
    duplicates: int
    sums: list[SummedSettlements]
    fees: dict[str, str]
    passed_over: dict[str, int]
    errors: list[LineError]
    error_count: int


@router.post("", response_model=BroughtFile, openapi_extra=FILE)
async def bring_file(
    context: Given,
    _account: Accountant,
    request: Request,
    reader: Reader,
    channel: Name,
    shop: Name,
    file_format: Annotated[str, Query(alias="format", max_length=64)] = "",
    order_number: Literal["", "merchant", "platform"] = "",
    *,
    dry_run: bool = False,
) -> Response:
    """Bring in a file, sent as it is; the same file again changes nothing.

    Lines that cannot be read are told, and the others count.
    """
    if context.statements is None:
        raise BadInput(Bilingual("This server takes no files.", "这个服务器不接收文件。"))
    content = await request.body()  # Only now, when it is known who sends it.
    brought = await context.statements.read(
        Bringing(content=content, format=file_format, number=order_number)
    )
    accepted = 0 if dry_run else await context.statements.take(channel, shop, brought)
    return answer(_json(brought, accepted, reader, dry_run=dry_run))


def _json(brought: Brought, accepted: int, reader: Language, *, dry_run: bool) -> Json:
    faults = brought.faults
    return {
        "format": brought.format,
        "dry_run": dry_run,
        "settlements": len(brought.events),
        "accepted": accepted,
        "duplicates": 0 if dry_run else len(brought.events) - accepted,
        "sums": brought.sums,
        "fees": brought.fees,
        "passed_over": {what.told(reader): count for what, count in brought.passed_over.items()},
        "errors": [
            {"line": fault.line, "message": fault.message.told(reader)}
            for fault in faults[:ERRORS_MAX]
        ],
        "error_count": len(faults),
    }
