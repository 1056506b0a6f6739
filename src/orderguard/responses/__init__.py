"""Playbook runs: what is due next, given what came back."""

from orderguard.responses.dry_run import StatusAt, dry_run
from orderguard.responses.finish import Mended, again, finish
from orderguard.responses.hours import opening
from orderguard.responses.receive import (
    APPROVED,
    NOT_BEGUN,
    SENDING,
    close,
    closing_action,
    receive,
)
from orderguard.responses.run import advance, start, take_over
from orderguard.responses.steps import RECORDED, Portion, PortionState, Run, RunStep, StepState

__all__ = [
    "APPROVED",
    "NOT_BEGUN",
    "RECORDED",
    "SENDING",
    "Mended",
    "Portion",
    "PortionState",
    "Run",
    "RunStep",
    "StatusAt",
    "StepState",
    "advance",
    "again",
    "close",
    "closing_action",
    "dry_run",
    "finish",
    "opening",
    "receive",
    "start",
    "take_over",
]
