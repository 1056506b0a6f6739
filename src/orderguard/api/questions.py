"""The page on which a buyer answers what a message asked: one button, no account, no script.

Looking at the page answers nothing, for messengers and scanners look at every address they see.
"""

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from orderguard.api.access import ready
from orderguard.api.context import Context, Given
from orderguard.domain.entries import ResponseReceipt
from orderguard.domain.library import StepAnswer

router = APIRouter(prefix="/q", tags=["responses"], dependencies=[Depends(ready)])

_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}
_PAGE = """<!doctype html>
<html lang="zh">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<h1>{title}</h1>
{body}
</html>
"""
_QUESTIONS = {
    StepAnswer.CONFIRMED: ("是我本人下单", "This order is mine"),
    StepAnswer.DENIED: ("不是我下的单", "This order is not mine"),
}
_UNKNOWN = ("链接无效", "This link is not valid. 请使用短信中的完整链接。")
_OVER = ("已无需回复", "This question is closed: it was answered, or its time is over. 谢谢！")
_THANKS = ("已收到,谢谢", "Thank you, we have your answer.")


@router.get("/{token}", response_class=HTMLResponse)
async def show_question(context: Given, token: str) -> HTMLResponse:
    """What the link would answer, with a button that does."""
    found, asked = _read(context, token)
    if found is None:
        return _page(*_UNKNOWN, status=404)
    if asked is None:
        return _page(*_OVER, status=410)
    title, button = _QUESTIONS[found[1]]
    return _page(title, f'<form method="post"><button>{title} · {button}</button></form>')


@router.post("/{token}", response_class=HTMLResponse)
async def answer_question(context: Given, token: str) -> HTMLResponse:
    """Answer. It is durable and in force when this answers; the first answer stands."""
    found, asked = _read(context, token)
    if found is None:
        return _page(*_UNKNOWN, status=404)
    if asked is None:
        return _page(*_OVER, status=410)
    key, answer = found
    alert_id, _, step = asked.partition("/")
    await context.live.note(
        ResponseReceipt(
            received_ms=0, by="buyer", alert_id=alert_id, step=step, outcome=answer, key=key
        )
    )
    return _page(*_THANKS)


def _read(context: Context, token: str) -> tuple[tuple[str, StepAnswer] | None, str | None]:
    """What the address says, and whose question it is while that is open."""
    found = context.read_answer(token)
    asked = None if found is None else context.live.fold.tables.asked.get(found[0])
    return found, asked


def _page(title: str, body: str, *, status: int = 200) -> HTMLResponse:
    return HTMLResponse(_PAGE.format(title=title, body=body), status, headers=_HEADERS)
