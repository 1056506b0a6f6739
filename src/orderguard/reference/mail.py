"""Mail addresses: their domain, and whether it hands out throw-away addresses."""

import re
from functools import cache

from orderguard.reference.shipped import read_lines

EMAIL_LENGTH_MAX = 254  # RFC 5321, section 4.5.3.1.3

_ADDRESS = re.compile(r"[^@\s]+@((?:[a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63})\.?")


def domain(email: str) -> str | None:
    """The domain in lower case and ASCII (`xn--…`); None where hidden or no mail address."""
    address = email.strip()
    if len(address) > EMAIL_LENGTH_MAX:
        return None
    local, _, host = address.rpartition("@")
    if not host.isascii():
        try:
            host = host.encode("idna").decode()
        except UnicodeError:
            return None
    found = _ADDRESS.fullmatch(f"{local}@{host.lower()}")
    return found[1] if found else None


def is_disposable(domain: str) -> bool:
    """Whether a domain, or one above it, is listed: providers hand out subdomains as well."""
    listed = _disposable_domains()
    host = domain.lower()
    while host:
        if host in listed:
            return True
        host = host.partition(".")[2]
    return False


@cache
def _disposable_domains() -> frozenset[str]:
    return frozenset(read_lines("disposable_domains.txt"))
