from orderguard.kit.breaker import Breaker


def test_it_opens_after_so_many_failures_in_a_row_and_lets_one_try_now_and_then() -> None:
    breaker = Breaker(failures_max=3, open_ms=100)
    for _ in range(2):
        breaker.failed(0)
    breaker.succeeded()
    for _ in range(2):
        breaker.failed(0)
    assert breaker.blocked_ms(0) == 0, "not in a row"
    breaker.failed(10)
    assert breaker.is_open
    assert breaker.blocked_ms(10) == 100
    assert breaker.blocked_ms(60) == 50
    assert breaker.blocked_ms(110) == 0, "one may try"
    assert breaker.blocked_ms(110) == 100, "the next one waits for what comes of it"
    breaker.failed(120)
    assert breaker.blocked_ms(130) == 90
    assert breaker.blocked_ms(220) == 0
    breaker.succeeded()
    assert breaker.blocked_ms(221) == 0
    assert breaker.blocked_ms(221) == 0
