"""The workbench at `/workbench/`: the files that its build left beside this module, if any.

A file whose name has a digest never changes and is kept for a year. All other addresses are
places within the workbench, which its one page finds by itself.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from fastapi import APIRouter, Request, Response
from msgspec import Struct

from orderguard.bilingual import Bilingual
from orderguard.errors import NotFound

FOLDER = Path(__file__).with_name("page") / "dist"
"""Where `npm run build` puts it; git ignores it, the wheel brings it."""
HOME = "/workbench/"
SIMPLE = "/simple"

router = APIRouter(tags=["server"], include_in_schema=False)

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
_SOURCES = {
    "default-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",  # Components write their styles as they are used.
    "img-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
_PROTECTED = {
    "content-security-policy": "; ".join(" ".join(pair) for pair in _SOURCES.items()),
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_FOR_EVER = {"cache-control": "public, max-age=31536000, immutable", **_PROTECTED}
_NEVER = {"cache-control": "no-cache", **_PROTECTED}

Coding = Literal["br", "gzip"]
_CODINGS: tuple[tuple[Coding, str], ...] = (("br", ".br"), ("gzip", ".gz"))


class Asset(Struct, frozen=True):
    """A file, and what it is compressed to."""

    content: bytes
    media_type: str
    compressed: Mapping[Coding, bytes]

    def for_reader(self, accepted: str) -> tuple[bytes, Coding | None]:
        """The content as a reader takes it who sent this `Accept-Encoding`."""
        names = {
            name.strip()
            for name, _, weight in (part.partition(";") for part in accepted.lower().split(","))
            if weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
        }
        for coding, content in self.compressed.items():
            if coding in names:
                return content, coding
        return self.content, None


class Workbench(Struct, frozen=True):
    page: Asset
    assets: Mapping[str, Asset]
    """By their path under `/workbench/`."""


def read(folder: Path) -> Workbench | None:
    """What a build left in the folder; None where there was none."""
    page = folder / "index.html"
    if not page.is_file():
        return None
    assets = {
        path.relative_to(folder).as_posix(): _asset(path, _TYPES[path.suffix])
        for path in sorted(folder.rglob("*"))
        if path.suffix in _TYPES
    }
    return Workbench(_asset(page, "text/html; charset=utf-8"), assets)


@cache
def built() -> Workbench | None:
    """The workbench of this installation, read once."""
    return read(FOLDER)


def front_page() -> str:
    """Where somebody goes who comes to the server with a browser."""
    return SIMPLE if built() is None else HOME


@router.get("/workbench")
@router.get("/workbench/{path:path}")
async def show(request: Request, path: str = "") -> Response:
    """The workbench's page for every place in it, and the files that the page asks for."""
    workbench = built()
    if workbench is None:
        raise NotFound(
            Bilingual(
                "No workbench was built into this installation.", "这个安装里没有构建工作台。"
            ),
            hint=Bilingual(
                f"Go to {SIMPLE}; `make setup` builds the workbench where npm is installed.",
                f"请打开 {SIMPLE}；装有 npm 时，`make setup` 会构建工作台。",
            ),
        )
    accepted = request.headers.get("accept-encoding", "")
    if (asset := workbench.assets.get(path)) is not None:
        return _answer(asset, accepted, _FOR_EVER if path.startswith("assets/") else _NEVER)
    if path.startswith("assets/"):  # Of an older build, or of none: its page must not answer.
        raise NotFound(
            Bilingual("The workbench has no such file.", "工作台没有这个文件。"),
            hint=Bilingual("Load the page anew.", "请刷新页面。"),
        )
    return _answer(workbench.page, accepted, _NEVER)


def _asset(path: Path, media_type: str) -> Asset:
    compressed = {
        coding: beside.read_bytes()
        for coding, suffix in _CODINGS
        if (beside := path.with_name(path.name + suffix)).is_file()
    }
    return Asset(path.read_bytes(), media_type, compressed)


def _answer(asset: Asset, accepted: str, headers: Mapping[str, str]) -> Response:
    content, coding = asset.for_reader(accepted)
    told = {**headers, "vary": "accept-encoding"}
    if coding is not None:
        told["content-encoding"] = coding
    return Response(content, media_type=asset.media_type, headers=told)
