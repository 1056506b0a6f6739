"""The installation itself: its settings as they are in force, and what is wrong with it."""

import asyncio
from typing import Literal

from fastapi import APIRouter, Depends, Response

from orderguard.api.access import administrator
from orderguard.api.answers import answer
from orderguard.api.context import Given
from orderguard.api.reader import Reader
from orderguard.api.shapes import Shape
from orderguard.bilingual import Bilingual
from orderguard.errors import BadInput

router = APIRouter(prefix="/installation", tags=["server"], dependencies=[Depends(administrator)])


class Setting(Shape):
    """`help` says what it does, in the reader's language."""

    name: str
    value: str | int | float | bool
    default: str | int | float | bool
    help: str


class Section(Shape):
    name: str
    help: str
    settings: list[Setting]


class InstallationSettings(Shape):
    """What is secret is no setting: it is with the shops, or with the actions."""

    sections: list[Section]


class CheckFinding(Shape):
    check: str
    grade: Literal["ok", "note", "fault"]
    found: str
    mend: str


class Examination(Shape):
    is_well: bool
    findings: list[CheckFinding]


@router.get("/settings", response_model=InstallationSettings)
async def show_settings(context: Given, reader: Reader) -> Response:
    """All settings with their defaults, as they were read at start."""
    sections = [
        {
            "name": section.name,
            "help": section.help.told(reader),
            "settings": [
                {
                    "name": one.name,
                    "value": one.value,
                    "default": one.default,
                    "help": one.help.told(reader),
                }
                for one in section.settings
            ],
        }
        for section in context.settings
    ]
    return answer({"sections": sections})


@router.get("/examination", response_model=Examination)
async def examine(context: Given, reader: Reader) -> Response:
    """What `orderguard doctor` finds now, and how to mend it. It may take seconds."""
    if context.examine is None:
        raise BadInput(Bilingual("This server cannot look at itself.", "这个服务器不能检查自己。"))
    found = await asyncio.to_thread(context.examine)
    findings = [
        {
            "check": one.check,
            "grade": str(one.grade),
            "found": one.found.told(reader),
            "mend": one.mend.told(reader) if one.mend else "",
        }
        for one in found
    ]
    return answer({"is_well": all(one.grade != "fault" for one in found), "findings": findings})
