from collections.abc import Iterable
from difflib import get_close_matches

from orderguard.bilingual import Bilingual

CANDIDATES_MAX = 30
"""Known words that are told one by one."""


def suggestion(word: str, known: Iterable[str]) -> Bilingual:
    """What the writer of an unknown word may have meant."""
    candidates = sorted(known)
    nearest = get_close_matches(word, candidates, n=1)
    if nearest:
        return Bilingual(f"did you mean `{nearest[0]}`?", f"您要写的是 `{nearest[0]}` 吗？")
    if len(candidates) > CANDIDATES_MAX:
        return Bilingual("see the reference", "有哪些见参考文档")
    return Bilingual(f"there are {', '.join(candidates)}", f"可以用的有：{'、'.join(candidates)}")
