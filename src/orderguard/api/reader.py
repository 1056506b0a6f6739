"""Which language a caller reads: the one that `Accept-Language` names first, else English."""

from typing import Annotated

from fastapi import Depends, Request

from orderguard.bilingual import Language

RANGES_MAX = 20
"""Languages of one header that are looked at."""


def language_of(accepted: str) -> Language:
    """Of the weights only the order counts: clients list what they like best first."""
    for one in accepted.split(",", RANGES_MAX)[:RANGES_MAX]:
        name = one.partition(";")[0].strip().lower().partition("-")[0]
        if name == "zh":
            return "zh"
        if name == "en":
            return "en"
    return "en"


async def _reader(request: Request) -> Language:
    return reader_of(request)


def reader_of(request: Request) -> Language:
    return language_of(request.headers.get("accept-language", ""))


Reader = Annotated[Language, Depends(_reader)]
