"""What would have kept honest people from a false alarm: a list entry, or a relation."""

from collections.abc import Sequence

from msgspec import Struct

from orderguard.domain.alerts import Alert
from orderguard.domain.entities import Entity
from orderguard.domain.entries import ListKind
from orderguard.kit.ids import stable_id

FAMILY_MAX = 6
"""Buyers who may well be one household; more are not proposed as one."""

ALLOWED: dict[str, ListKind] = {
    Entity.BUYER: ListKind.BUYER,
    Entity.DEVICE: ListKind.DEVICE,
    Entity.PAYER: ListKind.PAYER,
    Entity.PHONE: ListKind.PHONE,
    Entity.DOORSTEP: ListKind.ADDRESS,
}
"""The allow list that speaks for whom an alert is about; of a network segment there is none."""
_SHARED = frozenset({Entity.DEVICE, Entity.PAYER, Entity.PHONE, Entity.DOORSTEP})


class Proposal(Struct, frozen=True, kw_only=True):
    """An entry of the allow list, or a relation of `buyers` where `kind` is None."""

    proposal_id: str
    kind: ListKind | None
    value: str
    channel: str
    shop: str
    buyers: tuple[str, ...] = ()


def propose(alert: Alert, buyers: Sequence[str]) -> list[Proposal]:
    """What to propose when the alert was false; `buyers` are those of its orders, in its shop."""
    subject, found = alert.subject, list[Proposal]()
    members = tuple(sorted(set(buyers)))
    if subject.type in _SHARED and 1 < len(members) <= FAMILY_MAX:
        relation_id = stable_id("relation", alert.channel, alert.shop, *members)
        found.append(
            Proposal(
                proposal_id=relation_id,
                kind=None,
                value=relation_id,
                channel=alert.channel,
                shop=alert.shop,
                buyers=members,
            )
        )
    kind = ALLOWED.get(subject.type)
    if kind is not None:
        is_buyer = kind is ListKind.BUYER
        value = f"{alert.channel}/{alert.shop}/{subject.key}" if is_buyer else subject.key
        found.append(
            Proposal(
                proposal_id=stable_id("allow", kind, value),
                kind=kind,
                value=value,
                channel=alert.channel,
                shop=alert.shop,
            )
        )
    return found
