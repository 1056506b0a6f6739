"""Puzzles that a person solves in a moment and a program does not: made and checked here."""

from orderguard.puzzles.slider import HEIGHT, SIZE, WIDTH, Picture, draw, fits
from orderguard.puzzles.track import Point, fault
from orderguard.puzzles.work import Work

__all__ = ["HEIGHT", "SIZE", "WIDTH", "Picture", "Point", "Work", "draw", "fault", "fits"]
