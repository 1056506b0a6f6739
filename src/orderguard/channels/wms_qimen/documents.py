"""Qimen's XML documents: read without DTD, entities or depth, and asked for what they say."""

import re
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from orderguard.errors import MalformedMessage

DEPTH_MAX = 64

_HEADER_CHARSET = re.compile(r"charset\s*=\s*\"?([A-Za-z0-9_.:-]+)", re.IGNORECASE)
_DECLARED_CHARSET = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9_.:-]+)")
_DECLARATION = re.compile(r"\s*<\?xml[^>]{0,400}\?>")
_CHARSETS = {
    "utf-8": "utf-8-sig",
    "utf8": "utf-8-sig",
    "us-ascii": "utf-8-sig",
    # GB 18030 is a superset of both, and what a sender that says GBK may write.
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "gb18030": "gb18030",
}


def read(body: bytes, headers: Mapping[str, str]) -> Element:
    """The document's root. Raise MalformedMessage for anything that is none."""
    text = _DECLARATION.sub("", _text(body, headers), count=1)
    parser = DefusedXMLParser(target=_Bounded(), forbid_dtd=True)
    try:
        parser.feed(text)
        root = parser.close()
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise MalformedMessage(f"Not a Qimen document: {error}.") from error
    assert isinstance(root, Element)
    return root


def said(node: Element | None, *paths: str) -> str | None:
    """The text at the first of these paths that has any."""
    if node is None:
        return None
    for path in paths:
        text = (node.findtext(path) or "").strip()
        if text:
            return text
    return None


class _Bounded(TreeBuilder):
    """Builds no tree deeper than `DEPTH_MAX`."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def start(self, tag: Any, attrs: Any, /) -> Element:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise ValueError(f"nested deeper than {DEPTH_MAX}")
        return super().start(tag, attrs)

    def end(self, tag: Any, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def _text(body: bytes, headers: Mapping[str, str]) -> str:
    """By the charset of the header, else of the document, else as UTF-8 and then as GBK.

    A gateway may name one and a warehouse write the other: whatever can be read is.
    """
    named = [
        match.group(1).lower()
        for match in (_HEADER_CHARSET.search(headers.get("content-type", "")),)
        if match
    ]
    named += [
        match.group(1).decode().lower()
        for match in (_DECLARED_CHARSET.search(body[:512]),)
        if match
    ]
    for charset in (*named, "utf-8", "gbk"):
        try:
            return body.decode(_CHARSETS.get(charset, "ascii"))
        except UnicodeDecodeError:
            continue
    raise MalformedMessage("The document is neither UTF-8 nor GBK.")
