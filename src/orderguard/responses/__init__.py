"""Playbook runs: what is due next, given what came back."""

from orderguard.responses.run import Run, RunStep, StepState, advance, start, take_over

__all__ = ["Run", "RunStep", "StepState", "advance", "start", "take_over"]
