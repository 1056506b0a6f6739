"""What of an event may stand in the open: no personal member, and the traits that replace them.

Whoever asks for the token of a phone, an e-mail or a doorstep elsewhere (a list, a search) asks
here, so that equal things have equal tokens.
"""

import datetime as dt
from typing import NamedTuple, Protocol

from msgspec.structs import replace

from orderguard.bilingual import Bilingual
from orderguard.domain.events import (
    BehaviourData,
    CanonicalEvent,
    CheckoutData,
    Data,
    EventType,
    OrderData,
    OrderEvent,
    RegistrationData,
    Traits,
)
from orderguard.domain.orders import Buyer, Customs, Device, Order, Payment, ShipTo
from orderguard.errors import MalformedMessage
from orderguard.flows.doors import is_public, normalise_street
from orderguard.kit.clock import MS_PER_MINUTE, to_ms
from orderguard.reference import mail, networks, phones, regions

AHEAD_MS_MAX = 5 * MS_PER_MINUTE
YEAR_MIN, YEAR_MAX = 1970, 2999
PLACE_DECIMALS = 3
PLACE_ERROR_KM = 0.1
"""What rounding a place to 3 decimals may move it."""
DOOR_DECIMALS = 4

_CHINA = frozenset({"cn", "chn", "china", "中国"})
_HIDDEN = "*"
_NO_TRAITS = Traits()


class Tokens(Protocol):
    def token(self, kind: str, text: str) -> str:
        """A text that is the same for the same kind and text, and tells neither."""
        ...


class _Person(NamedTuple):
    """The members of an event that its traits are made from."""

    buyer: Buyer | None
    ship_to: ShipTo | None
    device: Device | None


def protect(
    event: CanonicalEvent, *, channel: str, shop: str, received_ms: int, tokens: Tokens
) -> OrderEvent:
    """The event as the log keeps it in the open."""
    occurred_ms = to_ms(event.occurred_at)
    if occurred_ms < 0:
        raise MalformedMessage(
            Bilingual(f"`occurred_at` is before {YEAR_MIN}.", f"`occurred_at` 早于 {YEAR_MIN} 年。")
        )
    clamped = occurred_ms > received_ms + AHEAD_MS_MAX
    person = _person(event.data)
    return OrderEvent(
        id=event.id,
        type=event.type,
        type_name=event.type_name if event.type is EventType.UNKNOWN else None,
        channel=channel,
        shop=shop,
        occurred_ms=received_ms if clamped else occurred_ms,
        received_ms=received_ms,
        clamped=clamped,
        data=_impersonal(event.data, tokens) if person else event.data,
        traits=_traits(person, tokens) if person else _NO_TRAITS,
    )


def phone_token(phone: str, tokens: Tokens) -> str | None:
    """None where digits are hidden, or there are none."""
    number = phones.normalise(phone)
    return tokens.token("phone", number) if number else None


def email_token(email: str, tokens: Tokens) -> str | None:
    """None for what is hidden, or no mail address."""
    return _email_token(email, tokens) if _domain(email) else None


def doorstep(ship_to: ShipTo, tokens: Tokens) -> str | None:
    """The token of one door: by the channel's own token, else the street, else the coordinates."""
    if ship_to.address_token:
        return tokens.token("door", f"token {ship_to.address_token}")
    regions_named = (ship_to.province, ship_to.city, ship_to.district)
    street = normalise_street(ship_to.street, regions_named) if ship_to.street else None
    if street:
        city = (ship_to.city or "").casefold().removesuffix("市")
        district = (ship_to.district or "").casefold()
        return tokens.token("door", f"street {city}\x1f{district}\x1f{street}")
    if ship_to.lat is None or ship_to.lng is None:
        return None
    return tokens.token(
        "door", f"at {ship_to.lat:.{DOOR_DECIMALS}f} {ship_to.lng:.{DOOR_DECIMALS}f}"
    )


def _domain(email: str) -> str | None:
    return None if _HIDDEN in email else mail.domain(email)


def _email_token(email: str, tokens: Tokens) -> str:
    return tokens.token("email", email.strip().casefold())


def _person(data: Data) -> _Person | None:
    if isinstance(data, OrderData):
        return _Person(data.order.buyer, data.order.ship_to, data.order.device)
    if isinstance(data, CheckoutData):
        return _Person(data.buyer, data.ship_to, data.device)
    if isinstance(data, RegistrationData | BehaviourData):
        return _Person(data.buyer, None, data.device)
    return None


def _traits(person: _Person, tokens: Tokens) -> Traits:
    buyer, ship_to = person.buyer or Buyer(), person.ship_to or ShipTo()
    # A channel that names no phone of the buyer names the one on the parcel.
    phone = buyer.phone or ship_to.phone
    domain = _domain(buyer.email) if buyer.email else None
    place, place_error_km = _place(ship_to)
    ip = person.device.ip if person.device else None
    return Traits(
        phone_token=buyer.phone_token or (phone_token(phone, tokens) if phone else None),
        phone_segment=phones.segment(phone) if phone else None,
        phone_is_virtual=phones.is_virtual(phone) if phone else None,
        email_token=_email_token(buyer.email, tokens) if buyer.email and domain else None,
        email_is_disposable=mail.is_disposable(domain) if domain else None,
        doorstep=doorstep(ship_to, tokens),
        doorstep_is_public=is_public(ship_to.street) if ship_to.street else None,
        place=place,
        place_error_km=place_error_km,
        network=networks.segment(ip) if ip else None,
        network_is_datacenter=networks.is_datacenter(ip) if ip else None,
    )


def _place(ship_to: ShipTo) -> tuple[tuple[float, float] | None, float | None]:
    """Where the parcel goes and how far off that may be, in km."""
    if ship_to.lat is not None and ship_to.lng is not None:
        return (round(ship_to.lat, PLACE_DECIMALS), round(ship_to.lng, PLACE_DECIMALS)), (
            PLACE_ERROR_KM
        )
    if ship_to.country and ship_to.country.casefold() not in _CHINA:
        return None, None
    found = regions.centroid(ship_to.province, ship_to.city, ship_to.district)
    if found is None:
        return None, None
    return (round(found.lat, PLACE_DECIMALS), round(found.lng, PLACE_DECIMALS)), found.error_km


def _impersonal(data: Data, tokens: Tokens) -> Data:
    if isinstance(data, OrderData):
        return OrderData(order=_order(data.order, tokens))
    if isinstance(data, CheckoutData):
        return replace(data, buyer=_buyer(data.buyer), ship_to=_region(data.ship_to))
    assert isinstance(data, RegistrationData | BehaviourData)
    return replace(data, buyer=_buyer(data.buyer))


def _order(order: Order, tokens: Tokens) -> Order:
    return replace(
        order,
        created_at=_plausible(order.created_at),
        paid_at=_plausible(order.paid_at),
        updated_at=_plausible(order.updated_at),
        buyer=_buyer(order.buyer),
        payment=_payment(order.payment),
        ship_to=_region(order.ship_to),
        customs=_customs(order.customs, tokens),
    )


def _buyer(buyer: Buyer | None) -> Buyer | None:
    if buyer is None:
        return None
    return Buyer(id=buyer.id, registered_at=_plausible(buyer.registered_at))


def _region(ship_to: ShipTo | None) -> ShipTo | None:
    if ship_to is None:
        return None
    return ShipTo(
        country=ship_to.country,
        province=ship_to.province,
        city=ship_to.city,
        district=ship_to.district,
    )


def _payment(payment: Payment | None) -> Payment | None:
    if payment is None or payment.paid_at is None:
        return payment
    return replace(payment, paid_at=_plausible(payment.paid_at))


def _customs(customs: Customs | None, tokens: Tokens) -> Customs | None:
    """A document's number may be a person's: an identity card clears a parcel through customs."""
    if customs is None or not customs.documents:
        return customs
    return replace(
        customs,
        documents=tuple(
            replace(document, number=tokens.token("document", document.number))
            if document.number
            else document
            for document in customs.documents
        ),
    )


def _plausible(moment: dt.datetime | None) -> dt.datetime | None:
    """Unknown where it cannot be: systems write the year 1 or 9999 for a time they do not have."""
    return moment if moment is None or YEAR_MIN <= moment.year <= YEAR_MAX else None
