"""Honest buyers who look, from one side, like an anomaly: one function plants one scene."""

from collections.abc import Callable

from orderguard.simulate.kinds import Kind
from orderguard.simulate.model import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    SECOND_MS,
    Buyer,
    Device,
    Purchase,
    Shop,
)
from orderguard.simulate.places import (
    CAMPUSES,
    CITY_NAMES,
    LOCKERS,
    OFFICES,
    Place,
    draw_place,
    respell,
)
from orderguard.simulate.world import World

LIVE_PRICES_FEN = (3_990, 5_900, 9_900, 12_900, 19_900, 29_900)


def crowd_behind_one_segment(world: World, shop: Shop, home: Callable[[], Place]) -> list[Purchase]:
    """25 to 60 people press the button in the first seconds of a release, behind one /24."""
    rng = world.rng
    product, segment = world.release(shop), world.segment()
    addresses = [world.host(segment) for _ in range(rng.choice((1, 4, 60)))]
    start = product.released_at + rng.randint(0, 5 * SECOND_MS)
    span = int(rng.uniform(20, 120) * SECOND_MS)
    new_share = rng.uniform(0.1, 0.4)
    purchases = []
    for at in world.scattered(start, start + span, rng.randint(25, 60)):
        ip, place = rng.choice(addresses), home()
        new = world.chance(new_share)
        draw = world.newcomer if new else (world.established if world.chance(0.5) else world.buyer)
        purchases.append(world.buy(draw(shop, home=place, ip=ip), at, product, ip=ip))
    return purchases


def campus(world: World, shop: Shop) -> list[Purchase]:
    rng = world.rng
    city, name = rng.choice(CITY_NAMES), rng.choice(CAMPUSES)
    halls = [draw_place(rng, city, site=name) for _ in range(rng.randint(8, 25))]
    return crowd_behind_one_segment(world, shop, lambda: rng.choice(halls))


def mobile_carrier(world: World, shop: Shop) -> list[Purchase]:
    city = world.rng.choice(CITY_NAMES)
    return crowd_behind_one_segment(world, shop, lambda: draw_place(world.rng, city))


def threshold_product(world: World, shop: Shop) -> list[Purchase]:
    """Something honest simply costs 989 yuan."""
    product = world.catalogues[shop.name].near_threshold
    buyer = world.anyone(shop, new_share=0.3)
    return [world.buy(buyer, world.moment(), product, coupon_fen=0)]


def gift(world: World, shop: Shop) -> list[Purchase]:
    giver = world.established(shop, purchases=(2, 5))
    place = world.far_place(giver.places, km_min=55)
    return [world.buy(giver, world.moment(), place=place, recipient=world.name(), ip=giver.ip)]


def moved(world: World, shop: Shop) -> list[Purchase]:
    """A buyer moves house, often to another city, and stays there."""
    rng = world.rng
    moved_at = world.opening_ms - int(rng.uniform(0, 10) * DAY_MS)
    old = world.buyer(shop)
    for _ in range(rng.randint(2, 4)):
        world.recall(old, world.past_moment(until=moved_at))
    home = world.far_place(old.places, km_min=rng.choice((5, 55, 55)))
    device = world.device(shop) if world.chance(0.35) else old.device
    new = Buyer(
        id=old.id,
        shop=shop,
        name=old.name,
        phone=world.phone() if world.chance(0.3) else old.phone,
        registered_at=old.registered_at,
        places=(home,),
        device=device,
        ip=world.ip(home),
        payer=old.payer,
    )
    for _ in range(rng.randint(1, 3)):
        world.recall(new, world.past_moment(since=moved_at))
    return [world.buy(new, world.moment()) for _ in range(rng.randint(1, 3))]


def family(world: World, shop: Shop, *, one_payer: bool, one_device: bool) -> list[Purchase]:
    rng = world.rng
    home = draw_place(rng)
    ip = world.ip(home)
    payer = world.payer() if one_payer else None
    device = world.device(shop) if one_device else None
    members = [
        world.established(
            shop,
            purchases=(0, 3),
            home=respell(rng, home),
            payer=payer,
            device=device,
            ip=ip,
        )
        for _ in range(rng.choice((2, 2, 2, 3, 3, 4)))
    ]
    return [
        world.buy(member, world.moment(), place=member.places[0])
        for member in members
        for _ in range(rng.choice((1, 1, 2)))
    ]


def family_payer(world: World, shop: Shop) -> list[Purchase]:
    return family(world, shop, one_payer=True, one_device=False)


def family_tablet(world: World, shop: Shop) -> list[Purchase]:
    return family(world, shop, one_payer=world.chance(0.3), one_device=True)


def comes_back(world: World, shop: Shop) -> list[Purchase]:
    """Forgot something, or wanted one more: two or three orders in ten minutes."""
    rng = world.rng
    buyer, start = world.anyone(shop), world.moment()
    product = world.regular(shop) if world.chance(0.5) else None
    times = world.scattered(start, start + 10 * MINUTE_MS, rng.randint(2, 3))
    return [world.buy(buyer, at, product) for at in times]


def virtual_number_owner(world: World, shop: Shop) -> list[Purchase]:
    """Many an honest second SIM is a 170 number; now and then its owner owes some postage."""
    rng = world.rng
    registered_at = world.registered_new() if world.chance(0.6) else world.registered_old()
    phone = f"{world.virtual_prefix()}{rng.randrange(10**4):04d}"
    buyer = world.buyer(shop, registered_at=registered_at, phone=phone)
    trifle = world.catalogues[shop.name].trifle if world.chance(0.2) else None
    return [world.buy(buyer, world.moment(), trifle)]


def many_at_one_door(
    world: World, shop: Shop, door: Place, *, people: int, span: int
) -> list[Purchase]:
    rng = world.rng
    new_share = rng.uniform(0.0, 0.25)
    start = min(world.moment(), world.closing_ms - span)
    purchases = []
    for at in world.scattered(start, start + span, people):
        home = respell(rng, door)
        new = world.chance(new_share)
        buyer = world.newcomer(shop, home=home) if new else world.established(shop, home=home)
        purchases.append(world.buy(buyer, at, place=home))
    return purchases


def dormitory(world: World, shop: Shop) -> list[Purchase]:
    door = draw_place(world.rng, site=world.rng.choice(CAMPUSES))
    span = int(world.rng.uniform(0.3, 2.5) * HOUR_MS)
    return many_at_one_door(world, shop, door, people=world.rng.randint(8, 25), span=span)


def office(world: World, shop: Shop) -> list[Purchase]:
    door = draw_place(world.rng, site=world.rng.choice(OFFICES))
    span = int(world.rng.uniform(0.5, 2.5) * HOUR_MS)
    return many_at_one_door(world, shop, door, people=world.rng.randint(5, 15), span=span)


def parcel_locker(world: World, shop: Shop) -> list[Purchase]:
    door = draw_place(world.rng, site=world.rng.choice(LOCKERS))
    span = (world.closing_ms - world.opening_ms) * 3 // 4
    return many_at_one_door(world, shop, door, people=world.rng.randint(6, 20), span=span)


def live_stream(world: World, shop: Shop) -> list[Purchase]:
    """The host counts down; most buyers are new, and all sit in the same app."""
    rng = world.rng
    product = world.product(price_fen=rng.choice(LIVE_PRICES_FEN))
    clients = rng.sample(shop.user_agents, rng.randint(2, 3))
    new_share = rng.uniform(0.5, 0.8)
    people = rng.randint(60, 200)
    start = rng.randint(world.opening_ms, world.closing_ms - 20 * MINUTE_MS)
    purchases = []
    for _ in range(people):
        at = start + min(int(rng.expovariate(1 / (3 * MINUTE_MS))), 18 * MINUTE_MS)
        if world.chance(new_share):
            # Most of them make their account to buy just this.
            watched_ms = int(rng.uniform(0.5, 40) * MINUTE_MS)
            buyer = world.buyer(shop, registered_at=at - watched_ms)
        else:
            buyer = world.anyone(shop, new_share=0.0)
        device = Device(buyer.device.id, rng.choice(clients))
        purchases.append(world.buy(buyer, at, product, device=device))
    return purchases


def last_units(world: World, shop: Shop) -> list[Purchase]:
    """The last pieces of a slow product find their buyers, a minute or more apart."""
    rng = world.rng
    product, available = world.product(), rng.randint(1, 2)
    low_at = min(world.moment(), world.closing_ms - 15 * MINUTE_MS)
    world.stock_pins[product.skus[0]] = (low_at, available)
    since = world.opening_ms - HOUR_MS
    for at in world.scattered(since, low_at - MINUTE_MS, rng.randint(2, 10)):
        world.bystanders.append(world.buy(world.anyone(shop), at, product, pays=True))
    at, purchases = low_at, []
    for i in range(rng.randint(1, 4)):
        at += int(rng.uniform(20, 180) * SECOND_MS)
        purchases.append(world.buy(world.anyone(shop), at, product, pays=i < available))
    return purchases


def bulk_registrations(world: World, shop: Shop) -> list[Purchase]:
    """A campaign brings many honest registrations within an hour, some with near numbers."""
    rng = world.rng
    since = world.opening_ms - int(rng.uniform(1.2, 12) * HOUR_MS)
    prefix = world.phone()[:7]
    near_share = rng.uniform(0.0, 0.4)
    purchases = []
    for registered_at in world.scattered(since, since + HOUR_MS, rng.randint(15, 50)):
        near = world.chance(near_share)
        phone = f"{prefix}{rng.randrange(10**4):04d}" if near else None
        buyer = world.buyer(shop, registered_at=registered_at, phone=phone, told=True)
        if world.chance(0.7):
            purchases.append(world.buy(buyer, world.moment()))
    return purchases


NEIGHBOURS = (
    Kind("threshold_product", 4, threshold_product, returned=0.08),
    Kind("gift", 6, gift, returned=0.03),
    Kind("moved", 6, moved, returned=0.06),
    Kind("family_payer", 6, family_payer, returned=0.06),
    Kind("family_tablet", 6, family_tablet, returned=0.06),
    Kind("comes_back", 6, comes_back, returned=0.08),
    Kind("virtual_number_owner", 2, virtual_number_owner, returned=0.06),
    Kind("last_units", 4, last_units, returned=0.05),
    Kind("office", 5, office, returned=0.06),
    Kind("parcel_locker", 5, parcel_locker, returned=0.06),
    Kind("dormitory", 6, dormitory, returned=0.06),
    Kind("bulk_registrations", 8, bulk_registrations, returned=0.08),
    Kind("campus", 9, campus, returned=0.04),
    Kind("mobile_carrier", 9, mobile_carrier, returned=0.04),
    Kind("live_stream", 18, live_stream, returned=0.12),
)
