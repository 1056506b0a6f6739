from collections.abc import Iterable
from difflib import get_close_matches


def suggestion(word: str, known: Iterable[str]) -> str:
    """What the writer of an unknown word may have meant."""
    candidates = sorted(known)
    nearest = get_close_matches(word, candidates, n=1)
    if nearest:
        return f"did you mean `{nearest[0]}`?"
    return f"there are {', '.join(candidates)}" if len(candidates) <= 30 else "see the reference"
