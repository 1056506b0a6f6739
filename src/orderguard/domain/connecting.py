"""What a channel must be told of a shop before it can be heard; how far its tokens are equal.

A person gives it with the shop: `orderguard shop add NAME --channel CHANNEL --set KEY=VALUE`.
"""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

ORDERS_OF = "orders_of"
"""The setting, where a channel has it, that names the shops of whose orders it speaks, as
`channel/shop,channel/shop`: a warehouse's, a payment provider's."""


class ShopSetting(Struct, frozen=True, kw_only=True):
    """One value that a channel needs of each shop, such as its app key.

    `title` and `help` by language, `zh` and `en`: the help says where on the platform's pages the
    value stands. `signs`: it is the secret that signs what is pushed; `--secret` is the same, and
    a rotation keeps the former one for a while. `choices`, where there are any, are all there is.
    """

    name: str
    title: Mapping[str, str]
    help: Mapping[str, str]
    is_required: bool = True
    is_secret: bool = False
    signs: bool = False
    default: str = ""
    choices: tuple[str, ...] = ()


class TokenScope(Struct, frozen=True, kw_only=True):
    """How far an equality token of a masked member reaches: beyond it, equal things differ.

    Two tokens that are equal always mean one thing; two that differ mean two things only within
    one shop (`within`), and only where the orders lie at most `days` apart (None: for ever).
    """

    within: Literal["merchant", "shop"]
    days: int | None = None
