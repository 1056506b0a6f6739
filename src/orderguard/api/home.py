"""The simple page at `/simple`, for where no workbench was built: HTML, CSS and JavaScript as is.

Its files are read once. A page asks no other host for anything, and runs nothing but these files.
"""

import hashlib
from collections.abc import Mapping
from html import escape
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from msgspec import Struct

from orderguard.api import workbench
from orderguard.api.access import caller
from orderguard.api.context import Given
from orderguard.bilingual import Bilingual
from orderguard.errors import NotFound

FOLDER = Path(__file__).with_name("page")

router = APIRouter(tags=["server"])

WIDGET = "widget.js"
"""The one file that pages of other hosts, the storefronts', may take."""

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_SOURCES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "require-trusted-types-for": "'script'",
}


def protected(frame_ancestors: str = "'none'", *, frames: str = "'none'") -> dict[str, str]:
    """The headers of a page: which sources it may use, and who may show it in a frame.

    `frames` are the sources that it may show in one itself.
    """
    sources = {**_SOURCES, "frame-src": frames, "frame-ancestors": frame_ancestors}
    return {
        "content-security-policy": "; ".join(
            f"{name} {source}" for name, source in sources.items()
        ),
        "cross-origin-opener-policy": "same-origin",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }


_PROTECTED = protected()


class _File(Struct, frozen=True):
    content: bytes
    media_type: str
    etag: str


def _read(folder: Path) -> Mapping[str, _File]:
    """The files that anybody may have, by name."""
    files: dict[str, _File] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix in _TYPES:
            content = path.read_bytes()
            etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
            files[path.name] = _File(content, _TYPES[path.suffix], etag)
    return files


_FILES = _read(FOLDER)
_LIVE = (FOLDER / "live.html").read_text("utf-8")
_SIGN_IN = (FOLDER / "sign-in.html").read_text("utf-8")


@router.get("/", response_class=RedirectResponse, status_code=307)
async def home() -> Response:
    """To the workbench, or to the simple page where none was built."""
    return RedirectResponse(workbench.front_page(), headers={"cache-control": "no-store"})


@router.get("/simple", response_class=HTMLResponse)
async def simple(request: Request, context: Given) -> HTMLResponse:
    """The live page for who is signed in; for others how to sign in."""
    account = caller(request, context)
    text = _SIGN_IN if account is None else _LIVE.replace("{person}", escape(account.name))
    return HTMLResponse(text, headers={"cache-control": "no-store", **_PROTECTED})


@router.get("/page/{name}", include_in_schema=False)
async def page_file(request: Request, name: str) -> Response:
    """One of the page's files; browsers keep it and ask whether it has changed."""
    file = _FILES.get(name)
    if file is None:
        raise NotFound(Bilingual("The page has no such file.", "页面没有这个文件。"))
    headers = {"cache-control": "no-cache", "etag": file.etag, **_PROTECTED}
    if name == WIDGET:
        headers |= {
            "access-control-allow-origin": "*",
            "cross-origin-resource-policy": "cross-origin",
        }
    if file.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(file.content, media_type=file.media_type, headers=headers)
