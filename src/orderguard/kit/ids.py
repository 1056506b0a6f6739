"""Ids made from what they name, so that any run over the same input makes the same ids."""

import hashlib
import secrets

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u


def digest16(*parts: str) -> bytes:
    """16 bytes that stand for the parts; the parts' boundaries count."""
    text = "\x1f".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def stable_id(prefix: str, *parts: str) -> str:
    """`prefix_` and 20 characters made from the parts."""
    number = int.from_bytes(digest16(*parts)[:13], "big") >> 4
    letters = [_ALPHABET[(number >> (5 * place)) & 31] for place in range(20)]
    return f"{prefix}_{''.join(reversed(letters))}"


def random_token(prefix: str) -> str:
    """A secret for a person or a program: 256 random bits behind a readable prefix."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"
