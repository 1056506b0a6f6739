"""A small sale as the demo sees it, in a few words."""

from orderguard.commands.demo.board import Board, SeenAlert
from orderguard.commands.demo.children import KnownOrder
from orderguard.domain.alerts import AlertKind, Severity
from orderguard.simulate.showcase import Attack

OPENING = "2026-11-11T00:00:00.000+08:00"
OPENING_MS = 1_794_326_400_000


def attack(*order_ids: str) -> Attack:
    return Attack(
        shop="flagship",
        product_id="P1",
        title="限量跑鞋",
        units=3_000,
        began_ms=0,
        ended_ms=30_000,
        order_ids=order_ids,
    )


def alert(
    severity: Severity,
    *order_ids: str,
    name: str = "a",
    kind: AlertKind = AlertKind.RISK,
    at: str = OPENING,
) -> SeenAlert:
    return SeenAlert(
        alert_id=name,
        kind=kind,
        severity=severity,
        playbook=severity.value,
        order_id=order_ids[-1] if order_ids else None,
        order_ids=order_ids,
        detected_at=OPENING,
        updated_at=at,
    )


def board_of_two_attackers() -> Board:
    orders = [
        KnownOrder("h1", bad=False, kind="history", amount_fen=100, place=0, at_ms=OPENING_MS),
        KnownOrder(
            "b1", bad=True, kind="script_attack", amount_fen=1_000, place=2, at_ms=OPENING_MS
        ),
        KnownOrder("p1", bad=False, kind="plain", amount_fen=300, place=3, at_ms=OPENING_MS),
        KnownOrder("b2", bad=True, kind="script_attack", amount_fen=500, place=7, at_ms=OPENING_MS),
    ]
    return Board(orders, attack("b1", "b2"), {"high", "critical"})
