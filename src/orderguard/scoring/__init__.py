"""Hits to one probability, and how labels move it."""

from orderguard.scoring.posterior import Posterior, observe, probability, retract
from orderguard.scoring.score import BASE_RATE, Evidence, score

__all__ = ["BASE_RATE", "Evidence", "Posterior", "observe", "probability", "retract", "score"]
