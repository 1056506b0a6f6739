import pytest

from orderguard.reference import mail


@pytest.mark.parametrize(
    ("email", "domain"),
    [
        ("buyer@Example.COM", "example.com"),
        (" buyer@example.com. ", "example.com"),
        ("b***r@qq.com", "qq.com"),
        ("张三@163.com", "163.com"),
        ("buyer@bücher.de", "xn--bcher-kva.de"),
        ("buyer@ＱＱ.com", "qq.com"),
        ("buyer@mail.example.co.uk", "mail.example.co.uk"),
        ("buyer@***.com", None),
        ("buyer@localhost", None),
        ("a@b@example.com", None),
        ("@example.com", None),
        ("buyer@", None),
        ("buyer@exa mple.com", None),
        ("buyer@ex..com", None),
        ("buyer@" + "ü" * 70 + ".de", None),
        ("b" * 250 + "@qq.com", None),
        ("example.com", None),
        ("", None),
    ],
)
def test_domain(email: str, domain: str | None) -> None:
    assert mail.domain(email) == domain


@pytest.mark.parametrize(
    ("domain", "disposable"),
    [
        ("mailinator.com", True),
        ("Mailinator.com", True),
        ("box7.mailinator.com", True),
        ("mailinator.example", False),
        ("qq.com", False),
        ("gmail.com", False),
        ("com", False),
        ("", False),
    ],
)
def test_disposable(domain: str, disposable: bool) -> None:
    assert mail.is_disposable(domain) is disposable
