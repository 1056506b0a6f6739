"""Honest occasions that rules name as their false alarms: one function plants one of them."""

from orderguard.simulate.kinds import Kind
from orderguard.simulate.model import (
    HOUR_MS,
    MINUTE_MS,
    SECOND_MS,
    Buyer,
    Device,
    Purchase,
    Shop,
)
from orderguard.simulate.places import CAMPUSES, CITY_NAMES, OFFICES, draw_place, respell
from orderguard.simulate.world import World


def operator_campaign(world: World, shop: Shop) -> list[Purchase]:
    """A virtual operator gives its customers something for next to nothing."""
    rng = world.rng
    trifle = world.catalogues[shop.name].trifle
    segments = [world.virtual_prefix() for _ in range(rng.randint(4, 12))]
    since = world.opening_ms - int(rng.uniform(1, 8) * HOUR_MS)
    until = since + int(rng.uniform(2, 6) * HOUR_MS)
    purchases = []
    for registered_at in world.scattered(since, until, rng.randint(6, 16)):
        phone = f"{rng.choice(segments)}{rng.randrange(10**4):04d}"
        buyer = world.buyer(shop, registered_at=registered_at, phone=phone, told=True)
        at = max(registered_at, world.opening_ms) + int(rng.uniform(1, 120) * MINUTE_MS)
        purchases.append(world.buy(buyer, at, trifle, coupon_fen=0))
    return purchases


def home_for_the_holidays(world: World, shop: Shop) -> list[Purchase]:
    """A student orders to the parents' door, as in every holiday, from the own telephone."""
    rng = world.rng
    hall = draw_place(rng, site=rng.choice(CAMPUSES))
    student = world.established(shop, purchases=(2, 4), home=hall)
    home = world.far_place(student.places, km_min=55)
    return [
        world.buy(student, at, place=home, ip=world.ip(home))
        for at in world.scattered(world.opening_ms, world.closing_ms, rng.choice((1, 1, 2)))
    ]


def school_class(world: World, shop: Shop) -> list[Purchase]:
    """A class registers and orders the same thing on the school's few tablets."""
    rng = world.rng
    city, segment = rng.choice(CITY_NAMES), world.segment()
    tablets = [world.device(shop) for _ in range(rng.randint(3, 8))]
    product, start = world.regular(shop), world.moment()
    span = int(rng.uniform(8, 45) * MINUTE_MS)
    ip = world.host(segment)
    purchases = []
    for at in world.scattered(start, start + span, rng.randint(10, 22)):
        tablet = rng.choice(tablets)
        registered_at = at - int(rng.uniform(1, 6) * MINUTE_MS)
        home = draw_place(rng, city)
        pupil = world.buyer(shop, registered_at=registered_at, home=home, device=tablet, ip=ip)
        purchases.append(world.buy(pupil, at, product, ip=ip))
    return purchases


def counter_device(world: World, shop: Shop) -> list[Purchase]:
    """Whoever walks into the merchant's own shop orders at its counter."""
    rng = world.rng
    city, counter = rng.choice(CITY_NAMES), world.device(shop)
    ip = world.host(world.segment())
    purchases = []
    for at in world.scattered(world.opening_ms, world.closing_ms, rng.randint(4, 10)):
        home = draw_place(rng, city)
        is_new = world.chance(0.3)
        registered_at = at - int(rng.uniform(2, 10) * MINUTE_MS) if is_new else None
        buyer = world.buyer(shop, registered_at=registered_at, home=home)
        purchases.append(world.buy(buyer, at, device=counter, ip=ip))
    return purchases


def company_payer(world: World, shop: Shop) -> list[Purchase]:
    """The company pays for what its staff order, some to the office and some to their homes."""
    rng = world.rng
    office = draw_place(rng, site=rng.choice(OFFICES))
    payer = world.payer()
    purchases = []
    for _ in range(rng.randint(3, 7)):
        home = draw_place(rng, (office.province, office.city))
        member = world.established(shop, purchases=(0, 2), home=home)
        place = respell(rng, office) if world.chance(0.6) else home
        purchases.append(world.buy(member, world.moment(), place=place, payer=payer))
    return purchases


def last_call(world: World, shop: Shop) -> list[Purchase]:
    """The host of a live stream holds up the last pieces, and those who watch press the button."""
    rng = world.rng
    product, available = world.product(), rng.randint(1, 2)
    low_at = min(world.moment(), world.closing_ms - 15 * MINUTE_MS)
    world.stock_pins[product.skus[0]] = (low_at, available)
    for at in world.scattered(low_at - HOUR_MS, low_at - MINUTE_MS, rng.randint(4, 10)):
        world.bystanders.append(world.buy(world.anyone(shop), at, product, pays=True))
    start = low_at + int(rng.uniform(10, 90) * SECOND_MS)
    span, clients = int(rng.uniform(10, 90) * SECOND_MS), rng.sample(shop.user_agents, 2)
    purchases = []
    for i, at in enumerate(world.scattered(start, start + span, rng.randint(5, 12))):
        viewer = world.anyone(shop, new_share=0.4)
        device = Device(viewer.device.id, rng.choice(clients))
        purchases.append(world.buy(viewer, at, product, pays=i < available, device=device))
    return purchases


def stale_stock(world: World, shop: Shop) -> list[Purchase]:
    """Goods have arrived and sell well, but the source still tells the last piece of the old."""
    rng = world.rng
    product, available = world.product(), rng.randint(1, 2)
    (sku,) = product.skus
    low_at = min(world.moment(), world.closing_ms - HOUR_MS)
    told_at = low_at + int(rng.uniform(20, 50) * MINUTE_MS)
    world.stock_pins[sku] = (low_at, available)
    count = rng.randint(6, 14)
    world.stock_arrivals[sku] = (told_at, 3 * count)
    for at in world.scattered(low_at - 2 * HOUR_MS, low_at - MINUTE_MS, rng.randint(3, 8)):
        world.bystanders.append(world.buy(world.anyone(shop), at, product, pays=True))
    times = world.scattered(low_at + MINUTE_MS, told_at, count)
    return [world.buy(world.anyone(shop), at, product, pays=True) for at in times]


def group_buyer(world: World, shop: Shop) -> list[Purchase]:
    """One buyer orders for a circle of friends and sends each parcel to another of them."""
    rng = world.rng
    buyer, product = world.established(shop, purchases=(1, 4)), world.regular(shop)
    start, span = world.moment(product), int(rng.uniform(3, 15) * MINUTE_MS)
    home = buyer.places[0]
    return [
        world.buy(
            buyer,
            at,
            product,
            place=draw_place(rng, (home.province, home.city)),
            recipient=world.name(),
        )
        for at in world.scattered(start, start + span, rng.randint(4, 8))
    ]


def checkout_fault(world: World, shop: Shop) -> list[Purchase]:
    """The page says that the payment failed, which it had not, so the buyer tries again."""
    rng = world.rng
    buyer: Buyer = world.anyone(shop)
    lines, start = world.basket(shop), world.moment()
    times = world.scattered(start, start + int(rng.uniform(2, 8) * MINUTE_MS), rng.randint(2, 6))
    return [world.buy(buyer, at, lines, coupon_fen=0, pays=True) for at in times]


OCCASIONS = (
    Kind("home_for_the_holidays", 1, home_for_the_holidays, returned=0.04),
    Kind("checkout_fault", 1, checkout_fault, returned=0.5),
    Kind("company_payer", 1, company_payer, returned=0.04),
    Kind("group_buyer", 1, group_buyer, returned=0.05),
    Kind("counter_device", 1, counter_device, returned=0.06),
    Kind("last_call", 1, last_call, returned=0.05),
    Kind("stale_stock", 1, stale_stock, returned=0.06),
    Kind("operator_campaign", 1, operator_campaign, returned=0.02),
    Kind("school_class", 1, school_class, returned=0.04),
)
