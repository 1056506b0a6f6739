"""Which language a caller reads."""

import pytest

from orderguard.api.reader import language_of
from orderguard.bilingual import Language


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("*", "en"),
        ("zh-CN", "zh"),
        ("zh-Hant-TW, en;q=0.5", "zh"),
        ("en-GB,en;q=0.9,zh-CN;q=0.8", "en"),
        ("fr-FR, ZH;q=0.9, en;q=0.8", "zh"),
        ("de, fr", "en"),
        ("zhe", "en"),
        (",;,q=1", "en"),
        (f"{'de,' * 100}zh", "en"),
    ],
)
def test_the_first_that_we_speak_else_english(accepted: str, language: Language) -> None:
    assert language_of(accepted) == language
