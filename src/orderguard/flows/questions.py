"""Questions to buyers: signed addresses by which they answer, each good for one answer.

An address names the question and the answer, and bears a mark that only this installation can
make; the log keeps the first answer to a question.
"""

from collections.abc import Mapping
from hmac import compare_digest

from orderguard.domain.library import StepAnswer
from orderguard.flows.protect import Tokens

MARK_LENGTH = 16
"""Characters of the mark, six bits each."""
PATH = "/q/"

_KEY_PREFIX = "stp_"
_LETTERS = {"y": StepAnswer.CONFIRMED, "n": StepAnswer.DENIED}
_NAMES = {"y": "confirm", "n": "deny"}


class Questions:
    """`public_url` is where buyers reach this server; without one there are no addresses."""

    def __init__(self, public_url: str, tokens: Tokens) -> None:
        self._base, self._tokens = public_url.rstrip("/"), tokens

    def links(self, _alert_id: str, _step: str, key: str) -> Mapping[str, str]:
        """`confirm` and `deny` of one question."""
        if not self._base:
            return {}
        name = key.removeprefix(_KEY_PREFIX)
        return {
            _NAMES[letter]: f"{self._base}{PATH}{name}{letter}{self._mark(key, letter)}"
            for letter in _LETTERS
        }

    def read(self, text: str) -> tuple[str, StepAnswer] | None:
        """The key and the answer that an address names; None for one that we did not make."""
        name, mark = text[: -MARK_LENGTH - 1], text[-MARK_LENGTH:]
        letter = text[-MARK_LENGTH - 1 : -MARK_LENGTH]
        key = f"{_KEY_PREFIX}{name}"
        if letter not in _LETTERS or not compare_digest(
            mark.encode("utf-8", "surrogatepass"), self._mark(key, letter).encode()
        ):
            return None
        return key, _LETTERS[letter]

    def _mark(self, key: str, letter: str) -> str:
        return self._tokens.token("answer", f"{key}/{letter}")[:MARK_LENGTH]
