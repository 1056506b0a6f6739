"""Our shape of entities and orders as JSON, cut down to what a shop's channel tells."""

from datetime import datetime, timedelta, timezone
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from orderguard.simulate.model import HOUR_MS, Buyer, Device, Line, Purchase, Shop

Json = dict[str, Any]

CHINA = timezone(timedelta(hours=8))
EPOCH = datetime(1970, 1, 1, tzinfo=CHINA) + timedelta(hours=8)
_SECONDS = tuple(f":{second // 60:02d}:{second % 60:02d}" for second in range(3_600))
METHODS = {"2088": "alipay", "wx_": "wechat", "card_": "unionpay"}


@lru_cache(maxsize=65_536)
def _hour_text(hour: int) -> str:
    return (EPOCH + timedelta(hours=hour)).strftime("%Y-%m-%dT%H")


def rfc3339(at: int) -> str:
    # Half a million times are written for one sale, most of them in the same few weeks.
    ms = at % HOUR_MS
    return f"{_hour_text(at // HOUR_MS)}{_SECONDS[ms // 1000]}.{ms % 1000:03d}+08:00"


def money(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def token(shop: Shop, text: str) -> str:
    """Each channel makes its own tokens: equal within the shop, meaningless outside."""
    return blake2b(f"{shop.name}:{text}".encode(), digest_size=12).hexdigest()


def phone_json(shop: Shop, phone: str) -> Json:
    if shop.phone == "full":
        return {"phone": phone}
    if shop.phone == "masked":
        return {"phone": f"{phone[:3]}****{phone[-4:]}"}
    return {"phone_token": token(shop, phone)}


def name_json(shop: Shop, name: str) -> str:
    return name if shop.phone == "full" else f"{name[0]}**"


def buyer_json(buyer: Buyer) -> Json:
    shop = buyer.shop
    told: Json = {"id": buyer.id, "name": name_json(shop, buyer.name)}
    if shop.tells_registered_at:
        told["registered_at"] = rfc3339(buyer.registered_at)
    return told | phone_json(shop, buyer.phone)


def device_json(shop: Shop, device: Device, ip: str) -> Json:
    told: Json = {}
    if shop.tells_device_id:
        told["id"] = device.id
    if shop.tells_ip:
        told["ip"] = ip
    if shop.tells_user_agent:
        told["user_agent"] = device.user_agent
    return told


def ship_to_json(purchase: Purchase) -> Json:
    shop, place = purchase.buyer.shop, purchase.place
    told: Json = {
        "country": "CN",
        "province": place.province,
        "city": place.city,
        "district": place.district,
        "name": name_json(shop, purchase.recipient),
    }
    if shop.phone != "token":
        told |= phone_json(shop, purchase.recipient_phone)
    if shop.address == "token":
        # The platform knows the door, however it was spelled.
        return told | {"address_token": token(shop, place.doorstep)}
    told["street"] = place.written
    if shop.address == "coordinates":
        told |= {"lat": place.lat, "lng": place.lng}
    return told


def channel_sku(shop: Shop, sku: str) -> str:
    """How a shop calls an article of the warehouse."""
    return f"{shop.name}-{sku}"


def line_json(shop: Shop, number: int, line: Line) -> Json:
    told: Json = {
        "line_id": str(number),
        "channel_sku": channel_sku(shop, line.sku),
        "sku": line.sku,
        "title": line.product.title,
        "quantity": line.quantity,
        "unit_price": money(line.product.price_fen),
    }
    if line.sku != line.product.product_id:
        told["product_id"] = line.product.product_id
    return told


def payment_json(purchase: Purchase, paid_at: int | None) -> Json:
    payer = purchase.payer
    told: Json = {
        "method": next(method for head, method in METHODS.items() if payer.startswith(head)),
        "account": payer,
    }
    if paid_at is None:
        return told
    return told | {
        "id": f"pay{purchase.order_id}",
        "amount": money(purchase.amount_fen),
        "currency": "CNY",
        "paid_at": rfc3339(paid_at),
    }


def order_json(purchase: Purchase) -> Json:
    """The whole order as it was placed, unpaid."""
    shop = purchase.buyer.shop
    told: Json = {
        "order_id": purchase.order_id,
        "status": "pending_payment",
        "created_at": rfc3339(purchase.placed_at),
        "updated_at": rfc3339(purchase.placed_at),
        "buyer": buyer_json(purchase.buyer),
        "lines": [line_json(shop, i, line) for i, line in enumerate(purchase.lines, 1)],
        "amount": money(purchase.amount_fen),
        "discount": money(purchase.coupon_fen),
        "freight": money(purchase.freight_fen),
        "currency": "CNY",
        "ship_to": ship_to_json(purchase),
    }
    if device := device_json(shop, purchase.device, purchase.ip):
        told["device"] = device
    if shop.tells_coupons:
        coupon = {"id": f"cp{purchase.coupon_fen}", "amount": money(purchase.coupon_fen)}
        told["coupons"] = [coupon] if purchase.coupon_fen else []
    if shop.tells_payer_early:
        told["payment"] = payment_json(purchase, None)
    return told


def paid_json(purchase: Purchase, paid_at: int) -> Json:
    """What payment changes in an order."""
    return {
        "order_id": purchase.order_id,
        "status": "paid",
        "paid_at": rfc3339(paid_at),
        "updated_at": rfc3339(paid_at),
        "payment": payment_json(purchase, paid_at),
    }
