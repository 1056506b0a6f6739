"""How the gateway of the Taobao Open Platform answers: pages, a yes, a no."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import msgspec

from orderguard.simulate.providers.server import Told

PAGE_SIZE_MAX = 100
SKEW_MS_MAX = 600_000


def number_of(text: str) -> int | str:
    """TOP writes ids as numbers, above 2^53 too."""
    return int(text) if text.isascii() and text.isdigit() else text


def is_near(timestamp: str, now: str) -> bool:
    try:
        gap = dt.datetime.fromisoformat(timestamp) - dt.datetime.fromisoformat(now)
    except ValueError:
        return False
    return abs(gap.total_seconds()) * 1000 <= SKEW_MS_MAX


def page(
    root: str, names: tuple[str, str], rows: list[dict[str, Any]], given: Mapping[str, str]
) -> Told:
    """Newest change first, as TOP lists them."""
    start, end = given.get("start_modified", ""), given.get("end_modified", "")
    place, size = int(given.get("page_no", "1")), int(given.get("page_size", "40"))
    if not (place > 0 and 0 < size <= PAGE_SIZE_MAX and start < end):
        return no("41", "Invalid arguments", "isv.invalid-parameter", "分页或时间非法")
    found = [one for one in rows if start <= one["modified"] <= end]
    found.sort(key=lambda one: str(one["modified"]), reverse=True)
    some = found[(place - 1) * size : place * size]
    told: dict[str, Any] = {names[0]: {names[1]: some}} if some else {}
    if given.get("use_has_next") == "true":
        told["has_next"] = place * size < len(found)
    else:
        told["total_results"] = len(found)
    return yes(root, told)


def yes(root: str, told: Mapping[str, Any]) -> Told:
    document = {root: {**told, "request_id": "simulated"}}
    return Told(200, msgspec.json.encode(document), {"content-type": "text/javascript"})


def no(code: str, message: str, sub_code: str = "", sub_message: str = "") -> Told:
    """TOP says no with a status of 200."""
    error = {"code": int(code), "msg": message, "sub_code": sub_code, "sub_msg": sub_message}
    told = {name: value for name, value in error.items() if value}
    document = {"error_response": {**told, "request_id": "simulated"}}
    return Told(200, msgspec.json.encode(document), {"content-type": "text/javascript"})
