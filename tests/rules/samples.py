"""A small library that has no fault, and ways to break it."""

FEATURES = """\
buyer.same_product_orders_10m:
  title: {en: orders of one product in 10 minutes, zh: 十分钟内同款订单数}
  kind: count
  by: [buyer, product]
  on: [placed]
  window: 10m
  normal: 1
buyer.cards_tried_1h:
  title: {en: cards tried in an hour, zh: 一小时内尝试的卡数}
  kind: distinct
  by: buyer
  on: [attempted]
  of: payment.account
  window: 1h
  where: buyer.same_product_orders_10m >= 2 && order.amount < 5
buyer.amount_max_30d:
  title: {en: largest order in 30 days, zh: 三十天内最大订单}
  kind: max
  by: [buyer]
  on: [placed]
  of: order.amount
  window: 30d
"""

RULE = """\
id: velocity.same_item_burst
title: {en: Same item burst, zh: 同款突击下单}
why: Resellers empty a limited release before others can buy.
status: live
severity: high
when: buyer.same_product_orders_10m >= 5
raise:
  - {when: buyer.same_product_orders_10m >= 20, to: critical}
subject: buyer
concerns: [buyer.same_product_orders_10m]
explanation:
  en: "{buyer.same_product_orders_10m} orders of one product, {order.amount} each."
  zh: "同一商品 {buyer.same_product_orders_10m} 单，每单 {order.amount}。"
prior: {bad: 0.4, weight: 20, source: six months of returns}
false_alarms: [A company orders for its staff.]
runbook: Ask the buyer what the units are for.
tests:
  - {name: five orders, hit: true, given: {buyer.same_product_orders_10m: 5}, severity: high}
  - {name: twenty, hit: true, given: {buyer.same_product_orders_10m: 20}, severity: critical}
  - {name: four orders, hit: false, given: {buyer.same_product_orders_10m: 4}}
"""

TESTING = """\
id: payment.card_testing
title: {en: Card testing, zh: 试卡}
why: Stolen cards are tried on small orders before a large one.
status: shadow
severity: medium
group: cards
when: >-
  buyer.cards_tried_1h >= 3 &&
  (order.amount < 20.0 || order.amount > 3 * buyer.amount_max_30d)
subject: [buyer]
explanation:
  en: "{buyer.cards_tried_1h} cards."
  zh: "{buyer.cards_tried_1h} 张卡。"
prior: {bad: 0.6, weight: 10, source: field report}
false_alarms: [An outage of the bank.]
runbook: Compare the names on the cards.
tests:
  - {name: three cards, hit: true, given: {buyer.cards_tried_1h: 3, order.amount: 19.99}}
  - {name: exactly 20, hit: false, given: {buyer.cards_tried_1h: 3, order.amount: 20.00}}
"""

PLAYBOOK = """\
id: high
title: {en: Hold and meet, zh: 拦截并会商}
severity: high
steps:
  - {step: hold, action: hold_shipment, only_if: not_shipped}
  - {step: remind, action: notify, after: 30m}
"""

PRESET = """\
packs: [velocity]
playbooks: [high]
"""

FILES = {
    "payment/card_testing.yaml": TESTING,
    "playbooks/high.yaml": PLAYBOOK,
    "presets/standard.yaml": PRESET.replace("[velocity]", "[velocity, payment]"),
    "presets/micro.yaml": PRESET,
    "velocity/features.yaml": FEATURES,
    "velocity/same_item_burst.yaml": RULE,
}


def changed(file: str, old: str, new: str) -> dict[str, str]:
    """The library with one text replaced, which must be there."""
    assert old in FILES[file]
    return {**FILES, file: FILES[file].replace(old, new, 1)}
