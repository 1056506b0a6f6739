"""Whether a text is one for readers of Chinese, or English that was left as it was."""

import re

from orderguard.bilingual import Bilingual

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_QUOTED = re.compile(r"`[^`]*`|“[^”]*”", re.DOTALL)
_NAMES = re.compile(r"\S*[/_.=]\S*|\[[^\]]*\]")
"""What is called the same in every language, as code and quotations are: paths, settings."""
_ENGLISH = re.compile(r"[a-z]{2,} [a-z]{2,}")


def check_chinese(text: Bilingual) -> None:
    """Fail where the Chinese is missing, or has English sentences within."""
    assert text.en
    assert _CHINESE.search(text.zh), text
    assert not _ENGLISH.search(_NAMES.sub("", _QUOTED.sub("", text.zh))), text
