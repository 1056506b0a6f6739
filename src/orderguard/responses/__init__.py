"""Playbook runs: what is due next, given what came back."""

from orderguard.responses.run import Run, RunStep, StepState, advance, held_by, start

__all__ = ["Run", "RunStep", "StepState", "advance", "held_by", "start"]
