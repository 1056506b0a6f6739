"""Texts in both languages. Where a text is made, both are: no table of translations trails it."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Language = Literal["zh", "en"]


class Bilingual(Struct, frozen=True, order=True):
    en: Annotated[str, Meta(min_length=1)]
    zh: Annotated[str, Meta(min_length=1)]

    def told(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en


Text = str | Bilingual
"""A text that people may read: a plain one is English to all of them."""


def both(text: Text) -> Bilingual:
    """The text for readers of either language."""
    return text if isinstance(text, Bilingual) else Bilingual(text, text)
