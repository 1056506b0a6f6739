"""What attackers and cheats do: one function plants one occurrence and returns its orders."""

from collections.abc import Sequence

from orderguard.simulate.kinds import Kind
from orderguard.simulate.model import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    SECOND_MS,
    Buyer,
    Line,
    Product,
    Purchase,
    Shop,
)
from orderguard.simulate.places import Place, draw_place, respell
from orderguard.simulate.world import DRAWS_MAX, World

ODD_CLIENTS = (
    "okhttp/3.12.13",
    "okhttp/4.9.1",
    "Dalvik/2.1.0 (Linux; U; Android 7.1.2; MI 6)",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 Chrome/63.0.3239.132 Safari/537.36",
    "python-requests/2.31.0",
)


def same_item_burst(world: World, shop: Shop) -> list[Purchase]:
    rng = world.rng
    buyer = world.anyone(shop, new_share=0.5)
    product = world.regular(shop)
    start = world.moment(product)
    span = int(rng.uniform(0.7, 9.5) * MINUTE_MS)
    places = [buyer.places[0], *(draw_place(rng) for _ in range(rng.choice((0, 0, 2))))]
    return [
        world.buy(buyer, at, product, place=rng.choice(places))
        for at in world.scattered(start, start + span, rng.randint(5, 12))
    ]


def far_address(world: World, shop: Shop) -> list[Purchase]:
    """An old account is taken over and ships where its owner never was."""
    rng = world.rng
    victim = world.established(shop, purchases=(2, 5))
    # A third go just far enough, to a neighbouring city.
    km_max = 160 if world.chance(0.33) else 9e9
    place = world.far_place(victim.places, km_min=58, km_max=km_max)
    device = world.device(shop) if world.chance(rng.uniform(0.6, 0.95)) else victim.device
    start, ip = world.moment(), world.ip(place)
    return [
        world.buy(victim, at, place=place, recipient=world.name(), device=device, ip=ip)
        for at in world.scattered(start, start + HOUR_MS, rng.choice((1, 1, 2)))
    ]


def fresh_or_known(world: World, shop: Shop, new_share: float) -> Buyer:
    """A buyer whom no other order of the sale has."""
    if world.chance(new_share):
        return world.newcomer(shop, days_max=7)
    return world.established(shop)


def shared_account(world: World, shop: Shop) -> list[Purchase]:
    """One payer pays for accounts that have nothing else in common."""
    rng = world.rng
    payer, new_share = world.payer(), rng.uniform(0.2, 0.9)
    until = world.moment()
    since = until - int(rng.choice((rng.uniform(1, 6) * HOUR_MS, rng.uniform(1, 5) * DAY_MS)))
    purchases = []
    for at in world.scattered(since, until, rng.randint(3, 10)):
        buyer = fresh_or_known(world, shop, new_share)
        at_least = max(at, buyer.registered_at + 5 * MINUTE_MS)
        purchases.append(world.buy(buyer, at_least, payer=payer, pays=True))
    return purchases


def near_threshold(world: World, shop: Shop) -> list[Purchase]:
    """A young account fills its basket to just below the amount that is looked at."""
    rng = world.rng
    lines = [world.line(world.catalogues[shop.name].near_threshold)]
    for _ in range(DRAWS_MAX):
        drawn = [world.line(world.regular(shop), rng.randint(1, 4)) for _ in range(2)]
        total_fen = sum(line.product.price_fen * line.quantity for line in drawn)
        if 97_000 <= total_fen <= 99_900:
            lines = drawn
            break
    return [world.buy(world.newcomer(shop, days_max=25), world.moment(), lines, coupon_fen=0)]


def low_stock_rush(world: World, shop: Shop) -> list[Purchase]:
    """Scalpers watch the stock and come together for the last one or two pieces."""
    rng = world.rng
    product, available = world.product(), rng.randint(1, 2)
    low_at = min(world.moment(), world.closing_ms - 15 * MINUTE_MS)
    world.stock_pins[product.skus[0]] = (low_at, available)
    since = world.opening_ms - HOUR_MS
    for at in world.scattered(since, low_at - MINUTE_MS, rng.randint(3, 15)):
        world.bystanders.append(world.buy(world.anyone(shop), at, product, pays=True))
    start = low_at + int(rng.uniform(0.3, 10) * MINUTE_MS)
    span, new_share = int(rng.uniform(8, 57) * SECOND_MS), rng.uniform(0.2, 0.9)
    times = world.scattered(start, start + span, rng.randint(5, 12))
    # Whoever comes after the last piece gets an order, but cannot pay it.
    return [
        world.buy(world.anyone(shop, new_share=new_share), at, product, pays=i < available)
        for i, at in enumerate(times)
    ]


def script_times(world: World, released_at: int) -> list[int]:
    rng = world.rng
    count = min(70, max(28, round(rng.gauss(47, 7))))
    start = released_at + int(rng.uniform(0, 4) * MINUTE_MS)
    return world.even(start, start + int(rng.uniform(20, 45) * SECOND_MS), count)


def script_account(world: World, shop: Shop, drops: Sequence[Place]) -> Buyer:
    """Fresh, but for the odd old account bought on the black market."""
    home = respell(world.rng, world.rng.choice(drops)) if drops else None
    if world.chance(0.04):
        return world.buyer(shop, home=home)
    return world.newcomer(shop, days_max=5, home=home)


def script_segment(world: World, shop: Shop) -> list[Purchase]:
    """A script on a rack of telephones: one segment, few devices, an even beat."""
    product = world.limited(shop)
    return segment_script(world, shop, product, script_times(world, product.released_at))


def segment_script(
    world: World, shop: Shop, product: Product, times: Sequence[int]
) -> list[Purchase]:
    rng, segment = world.rng, world.segment()
    user_agents = (rng.choice(ODD_CLIENTS), rng.choice(shop.user_agents), None)
    agent = rng.choice(user_agents)
    devices = [world.device(shop, agent) for _ in range(rng.randint(1, 6))]
    drops = [draw_place(rng) for _ in range(rng.choice((0, 0, 2, 5)))]
    pay_share = rng.uniform(0.5, 1.0)
    return [
        world.buy(
            script_account(world, shop, drops),
            at,
            product,
            coupon_fen=0,
            pays=world.chance(pay_share),
            device=rng.choice(devices),
            ip=world.host(segment),
        )
        for at in times
    ]


def script_rotating(world: World, shop: Shop) -> list[Purchase]:
    """The same behind proxies and faked devices; the client or the doorstep gives it away."""
    rng = world.rng
    product = world.limited(shop)
    one_client = shop.tells_user_agent and world.chance(0.5)
    agent = rng.choice((*ODD_CLIENTS, *shop.user_agents[:5])) if one_client else None
    drop = draw_place(rng)
    pay_share = rng.uniform(0.5, 1.0)
    purchases = []
    for at in script_times(world, product.released_at):
        buyer = script_account(world, shop, ())
        place = buyer.places[0] if one_client else respell(rng, drop, heavily=True)
        purchases.append(
            world.buy(
                buyer,
                at,
                product,
                coupon_fen=0,
                pays=world.chance(pay_share),
                place=place,
                device=world.device(shop, agent),
                ip=world.host(world.segment()),
            )
        )
    return purchases


def coupon_to(lines: Sequence[Line], amount_fen: int) -> int:
    return max(0, sum(line.product.price_fen * line.quantity for line in lines) - amount_fen)


def shared_doorstep(world: World, shop: Shop) -> list[Purchase]:
    """Many hands order to one door without hurry: one product, or amounts alike."""
    rng = world.rng
    door = draw_place(rng)
    start = world.moment()
    span = int(rng.uniform(12, 57) * MINUTE_MS)
    product = world.regular(shop) if world.chance(0.5) else None
    target_fen, new_share = rng.randint(6_000, 40_000), rng.uniform(0.7, 1.0)
    purchases = []
    for at in world.scattered(start, start + span, rng.randint(4, 15)):
        place = respell(rng, door, heavily=True)
        new = world.chance(new_share)
        buyer = world.newcomer(shop, days_max=14, home=place) if new else world.buyer(shop)
        lines, coupon_fen = [world.line(product or world.regular(shop))], None
        if product is None:
            while coupon_to(lines, target_fen) == 0:
                lines.append(world.line(world.regular(shop), 2))
            coupon_fen = coupon_to(lines, int(target_fen * rng.uniform(0.98, 1.02)))
        purchases.append(world.buy(buyer, at, lines, place=place, coupon_fen=coupon_fen))
    return purchases


def device_shared(world: World, shop: Shop) -> list[Purchase]:
    rng = world.rng
    device, new_share = world.device(shop), rng.uniform(0.4, 1.0)
    until = world.moment()
    since = until - int(rng.choice((rng.uniform(0.5, 8) * HOUR_MS, rng.uniform(1, 6) * DAY_MS)))
    buyers = [fresh_or_known(world, shop, new_share) for _ in range(rng.randint(3, 8))]
    times = world.scattered(since, until, len(buyers) + rng.randint(0, 2))
    return [
        world.buy(
            buyer := buyers[i % len(buyers)],
            max(at, buyer.registered_at + 5 * MINUTE_MS),
            device=device,
        )
        for i, at in enumerate(times)
    ]


def virtual_phone(world: World, shop: Shop) -> list[Purchase]:
    """Rented numbers are registered in bulk and tried out with the smallest payments."""
    rng = world.rng
    prefix = world.virtual_prefix()
    since = rng.randint(world.opening_ms - 10 * HOUR_MS, world.closing_ms - 2 * HOUR_MS)
    span = int(rng.uniform(5, 57) * MINUTE_MS)
    device = world.device(shop) if world.chance(0.3) else None
    trifle = world.catalogues[shop.name].trifle
    purchases = []
    for registered_at in world.scattered(since, since + span, rng.randint(3, 15)):
        phone = f"{prefix}{rng.randrange(10**4):04d}"
        buyer = world.buyer(
            shop, registered_at=registered_at, phone=phone, device=device, told=True
        )
        at = max(registered_at, world.opening_ms) + int(rng.uniform(1, 90) * MINUTE_MS)
        purchases.append(world.buy(buyer, at, trifle, coupon_fen=0, pays=True))
    return purchases


def unknown_reseller_ring(world: World, shop: Shop) -> list[Purchase]:
    """Three buyers empty a product slowly, each with own account, payer, device and door."""
    rng = world.rng
    product = rng.choice((world.limited(shop), world.regular(shop)))
    start = max(product.released_at, world.opening_ms)
    purchases = []
    for buyer in [world.established(shop) for _ in range(3)]:
        count = rng.randint(2, 4)
        slot = (world.closing_ms - start) // count
        for i in range(count):
            at = start + i * slot + rng.randint(slot // 4, slot * 3 // 4)
            purchases.append(world.buy(buyer, at, product, payer=world.payer()))
    return purchases


def unknown_refund_abuser(world: World, shop: Shop) -> list[Purchase]:
    """Orders like anyone else, and sends back an empty box every time."""
    rng = world.rng
    buyer = world.buyer(shop)
    before = [world.past_moment() for _ in range(rng.randint(1, 3))]
    during = [world.moment() for _ in range(rng.randint(1, 2))]
    return [world.buy(buyer, at, pays=True) for at in (*sorted(before), *sorted(during))]


# The scripts come last: they are the largest, and the first to be missing from a tiny sale.
ANOMALIES = (
    Kind("same_item_burst", 10, same_item_burst, returned=0.5),
    Kind("far_address", 8, far_address, returned=0.45),
    Kind("shared_account", 13, shared_account, returned=0.83),
    Kind(
        "near_threshold",
        8,
        near_threshold,
        returned=0.35,
        seen_in=lambda shop: shop.tells_registered_at and shop.tells_coupons,
    ),
    Kind("low_stock_rush", 8, low_stock_rush, returned=0.3),
    Kind("shared_doorstep", 10, shared_doorstep, returned=0.55),
    Kind(
        "device_shared",
        9,
        device_shared,
        returned=0.45,
        seen_in=lambda shop: shop.tells_device_id,
    ),
    Kind(
        "virtual_phone",
        8,
        virtual_phone,
        returned=0.1,
        seen_in=lambda shop: shop.phone == "full",
    ),
    Kind("unknown_reseller_ring", 2, unknown_reseller_ring, returned=0.1),
    Kind("unknown_refund_abuser", 2, unknown_refund_abuser, returned=1.0),
    Kind(
        "script_segment",
        14,
        script_segment,
        returned=0.3,
        seen_in=lambda shop: shop.tells_ip,
    ),
    Kind("script_rotating", 12, script_rotating, returned=0.3),
)
