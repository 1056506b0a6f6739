"""Texts in both languages. Where a text is made, both are: no table of translations trails it."""

from dataclasses import dataclass
from typing import Literal

Language = Literal["zh", "en"]


@dataclass(frozen=True, order=True, slots=True)
class Bilingual:
    """A plain class, as the command line's help imports it and shall be quick."""

    en: str
    zh: str

    def told(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en

    def cut(self, length_max: int) -> "Bilingual":
        return Bilingual(self.en[:length_max], self.zh[:length_max])


Text = str | Bilingual
"""A text that people may read: a plain one is English to all of them."""


def both(text: Text) -> Bilingual:
    """The text for readers of either language."""
    return text if isinstance(text, Bilingual) else Bilingual(text, text)


def quoted(words: str) -> Bilingual:
    """Words of others, which stay as they are; in Chinese in quotation marks."""
    return Bilingual(words, f"“{words}”")


NO_REASON = Bilingual("no reason given", "没有说明原因")
"""Of who says no and not why."""
