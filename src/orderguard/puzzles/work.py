"""Proof of work: a browser counts until it finds a number. For who cannot, or will not, slide."""

import base64
import binascii
import json
from typing import Any

from altcha import v1
from msgspec import Struct

NUMBER_MAX = 300_000
"""A browser tries half as many on average: a second or two, on an old telephone ten."""
PAYLOAD_LENGTH_MAX = 2_048


class Work(Struct, frozen=True):
    """One piece of work, in the members of ALTCHA's first format."""

    algorithm: str
    challenge: str
    maxnumber: int
    salt: str
    signature: str

    @classmethod
    def make(cls, key: str, *, number_max: int = NUMBER_MAX) -> "Work":
        made = v1.create_challenge(
            v1.ChallengeOptions(algorithm="SHA-256", max_number=number_max, hmac_key=key)
        )
        return cls("SHA-256", made.challenge, number_max, made.salt, made.signature)

    def is_done(self, payload: str, key: str) -> bool:
        """Whether the payload, base64 of JSON as ALTCHA's widget sends, holds its number."""
        given = _read(payload)
        if given is None or given.get("challenge") != self.challenge:
            return False
        if not isinstance(given.get("salt"), str) or type(given.get("number")) is not int:
            return False
        done, _ = v1.verify_solution(payload, key)
        return done


def _read(payload: str) -> dict[str, Any] | None:
    if len(payload) > PAYLOAD_LENGTH_MAX:
        return None
    try:
        given = json.loads(base64.b64decode(payload, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return None
    return given if isinstance(given, dict) else None
