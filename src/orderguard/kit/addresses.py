"""Which addresses we may call: an address that somebody typed must not lead into our own network.

What is read here is what is connected to: nothing passes to a second parser that could read it
differently. Names are checked once more when they have been resolved.
"""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from orderguard.bilingual import Bilingual
from orderguard.errors import BadInput

URL_LENGTH_MAX = 2048
NAME_LENGTH_MAX, LABEL_LENGTH_MAX = 253, 63

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_PORTS = {"http": 80, "https": 443}
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<target>[/?][!-~]*)?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_OWN_NAMES = ("localhost", "local", "internal", "intranet", "lan", "home.arpa", "localdomain")
"""Ends of names that no public name has."""

# Our own lists, since those of the standard library change from one patch of Python to the next:
# https://www.iana.org/assignments/iana-ipv4-special-registry, and the same for IPv6.
_NOT_PUBLIC_V4 = tuple(
    map(
        ipaddress.IPv4Network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
            *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24"),
            *("192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24"),
            *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3"),
            "168.63.129.16/32",  # Azure's own services, on a public address.
        ),
    )
)
# Of IPv6 only global unicast: mapped, translated, local and multicast addresses lie outside of it.
_PUBLIC_V6 = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC_V6 = tuple(
    map(ipaddress.IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
)
_NEVER_V4 = tuple(
    map(
        ipaddress.IPv4Network,
        ("0.0.0.0/8", "100.100.100.200/32", "168.63.129.16/32", "169.254.0.0/16", "224.0.0.0/3"),
    )
)
_NEVER_V6 = tuple(
    map(
        ipaddress.IPv6Network,
        ("::/128", "::ffff:0:0/96", "64:ff9b::/96", "fd00:ec2::/32", "fe80::/10", "ff00::/8"),
    )
)


@dataclass(frozen=True, slots=True)
class Address:
    """A checked address, in the parts that a connection needs. `target`: path and query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> str:
        """Without path and query, which often hold a secret: for people to read."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}"


def is_public(address: IpAddress) -> bool:
    """Whether the address is one of the open internet."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_V4)
    return address in _PUBLIC_V6 and not any(address in network for network in _NOT_PUBLIC_V6)


class AddressGuard:
    """Says which addresses may be called.

    `allowed_hosts`: names or addresses of the merchant's own network that may be called too,
    without TLS if need be; a cloud's metadata never are.
    """

    def __init__(self, allowed_hosts: Iterable[str] = ()) -> None:
        self._allowed = frozenset(_canonical(host) for host in allowed_hosts)

    def read(self, url: str) -> Address:
        """The parts of an address. Raise BadInput for any that must not be called."""
        found = _URL.fullmatch(url) if len(url) <= URL_LENGTH_MAX else None
        if found is None:
            raise BadInput(
                Bilingual("This is no address that can be called.", "这不是可以调用的地址。"),
                hint=Bilingual(
                    "Write https://NAME/PATH: no user, no fragment, other letters as %XX or xn--.",
                    "请写成 `https://域名/路径`：不带用户名和 `#`，其他字符写成 `%XX` 或 `xn--`。",
                ),
            )
        scheme, host = found["scheme"].lower(), _canonical(found["host"])
        port = int(found["port"] or _PORTS[scheme])
        if not 0 < port < 65536:
            raise BadInput(
                Bilingual(f"There is no port {port}.", f"没有端口 {port}。"),
                hint=Bilingual("Write one from 1 to 65535.", "请填 1 到 65535。"),
            )
        target = found["target"] or "/"
        self._check(scheme, host)
        return Address(scheme, host, port, target if target[0] == "/" else f"/{target}")

    def refused(self, host: str, addresses: Iterable[str]) -> str | None:
        """The first address of a resolved name that must not be connected to."""
        for text in addresses:
            try:
                address = ipaddress.ip_address(text)
            except ValueError:  # Such as one with a zone, which only local addresses have.
                return text
            if not (_may_be_allowed(address) if host in self._allowed else is_public(address)):
                return text
        return None

    def _check(self, scheme: str, host: str) -> None:
        literal = _literal(host)
        if literal is not None and self.refused(host, (host,)):
            raise _internal(host)
        if host in self._allowed:
            return
        is_own = "." not in host or any(f".{host}".endswith(f".{end}") for end in _OWN_NAMES)
        if literal is None and is_own:
            raise _internal(host)
        if scheme != "https":
            raise BadInput(
                Bilingual(
                    f"{host} would be called without TLS.", f"调用 {host} 时会没有 TLS 加密。"
                ),
                hint=Bilingual(
                    "Write https, or name the host in `allowed_hosts` if it is your own.",
                    "请改用 https；如果是自己的主机，请写进 `allowed_hosts`。",
                ),
            )


def _internal(host: str) -> BadInput:
    return BadInput(
        Bilingual(
            f"{host} leads into a private network or to this machine.",
            f"{host} 指向内网或本机。",
        ),
        hint=Bilingual(
            "If that is meant, name the host in `allowed_hosts`; metadata services never are.",
            "如果确实要这样，请把这个主机写进 `allowed_hosts`；云的元数据服务一律不行。",
        ),
    )


def _canonical(host: str) -> str:
    """The host as names and addresses are compared. Raise BadInput for odd spellings."""
    host = host.lower().removesuffix(".")
    labels = host.split(".")
    if host.startswith("[") and host.endswith("]"):
        return str(_address(host[1:-1]))
    if _NUMBER.fullmatch(labels[-1]) or ":" in host:
        return str(_address(host))
    if len(host) > NAME_LENGTH_MAX or not all(0 < len(one) <= LABEL_LENGTH_MAX for one in labels):
        raise BadInput(
            Bilingual(
                f"{host[:NAME_LENGTH_MAX]} is no name of a host.",
                f"{host[:NAME_LENGTH_MAX]} 不是主机名。",
            ),
            hint=Bilingual("Correct it.", "请改正。"),
        )
    return host


def _address(text: str) -> IpAddress:
    """Only the one spelling that everybody reads alike: no octal, no hex, no short form."""
    try:
        return ipaddress.ip_address(text)
    except ValueError as error:
        raise BadInput(
            Bilingual(
                f"{text} is no address as everybody writes it.", f"{text} 不是通行写法的地址。"
            ),
            hint=Bilingual("Write the host's name.", "请写主机名。"),
        ) from error


def _literal(host: str) -> IpAddress | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _may_be_allowed(address: IpAddress) -> bool:
    """Whether a host that is allowed by its name may have this address."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _NEVER_V4)
    return not any(address in network for network in _NEVER_V6)
