"""What a shop is told by whoever adds it, held against what its channel needs."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from orderguard.bilingual import Bilingual
from orderguard.domain.connecting import ShopSetting
from orderguard.domain.ports import Channel, ShopConfig
from orderguard.errors import BadInput
from orderguard.kit.signing import SECRET_PREFIX, webhook_key

SECRET_LENGTH_MAX = 8_192
"""A public key with its certificate is the longest thing that signs."""


def new_shop(
    known: Channel, name: str, secret: str | None, settings: Mapping[str, str]
) -> ShopConfig:
    """A shop that has all its channel needs. Raise BadInput, with where it is found, for less."""
    signing = next((one for one in known.settings if one.signs), None)
    left = dict(settings)
    if signing is not None and signing.name in left:
        given = left.pop(signing.name)
        if secret not in (None, given):
            raise BadInput(
                Bilingual(
                    f"--secret and --set {signing.name} differ.",
                    f"--secret 与 --set {signing.name} 不一致。",
                ),
                hint=Bilingual("Give one of them.", "请只写一个。"),
            )
        secret = given
    if secret is None and signing is not None and signing.is_required:
        raise _missing(known, [signing])
    shop = ShopConfig(
        channel=known.name, shop=name, secrets=(fresh_secret(known, secret),), settings=left
    )
    return _checked(known, shop)


def changed_shop(known: Channel, shop: ShopConfig, settings: Mapping[str, str]) -> ShopConfig:
    """With these settings in place of the former ones; an empty value takes one away."""
    for setting in known.settings:
        if setting.signs and setting.name in settings:
            raise BadInput(
                Bilingual(
                    f"`{setting.name}` is the shop's secret.", f"`{setting.name}` 是店铺的密钥。"
                ),
                hint=Bilingual(
                    f"`orderguard shop rotate-secret {shop.shop} --channel {shop.channel}`"
                    " changes it, and the former one stays valid for a while.",
                    f"请用 `orderguard shop rotate-secret {shop.shop} --channel {shop.channel}`"
                    " 更换，旧的还会有效一段时间。",
                ),
            )
    merged = {**shop.settings, **settings}
    return _checked(
        known, replace(shop, settings={key: value for key, value in merged.items() if value})
    )


def fresh_secret(known: Channel, given: str | None) -> str:
    """The secret that was given, or a new one in the channel's form."""
    secret = known.new_secret() if given is None else given
    if fault := secret_fault(known, secret):
        raise BadInput(
            Bilingual(
                f"The secret cannot sign messages of {known.name}: {fault.en}.",
                f"这个密钥不能为 {known.name} 签名：{fault.zh}。",
            ),
            hint=Bilingual(
                "Copy it again, or leave --secret out for a fresh one.",
                "请重新复制，或留空以生成新密钥。",
            ),
        )
    return secret


def secret_fault(known: Channel, secret: str) -> Bilingual | None:
    """What forbids a secret from ever signing a message of this channel."""
    if not secret.replace("\n", "").isprintable() or secret.strip() != secret:
        return Bilingual(
            "it has spaces around it, or characters that cannot be seen",
            "前后有空格，或含有看不见的字符",
        )
    if not 1 <= len(secret) <= SECRET_LENGTH_MAX:
        return Bilingual(
            f"it must have 1 to {SECRET_LENGTH_MAX} characters",
            f"长度应为 1 到 {SECRET_LENGTH_MAX} 个字符",
        )
    if known.new_secret().startswith(SECRET_PREFIX) and not webhook_key(secret):
        return Bilingual(
            f"it must be base64, with {SECRET_PREFIX} before it",
            f"应为 base64，前面加 {SECRET_PREFIX}",
        )
    return None


def _checked(known: Channel, shop: ShopConfig) -> ShopConfig:
    by_name = {one.name: one for one in known.settings if not one.signs}
    for name, value in shop.settings.items():
        if name not in by_name:
            raise BadInput(
                Bilingual(
                    f"{known.name} has no setting `{name}`.", f"{known.name} 没有设置 `{name}`。"
                ),
                hint=_settings_of(by_name),
            )
        choices = by_name[name].choices
        if choices and value not in choices:
            raise BadInput(
                Bilingual(f"`{name}` cannot be {value!r}.", f"`{name}` 不能是 {value!r}。"),
                hint=Bilingual(
                    f"It is one of {', '.join(choices)}.", f"可选 {'、'.join(choices)}。"
                ),
            )
    missing = [
        one
        for one in by_name.values()
        if one.is_required and not one.default and not shop.settings.get(one.name)
    ]
    if missing:
        raise _missing(known, missing)
    if fault := known.fault(shop):
        raise BadInput(
            Bilingual(f"{known.name}: {fault.en}", f"{known.name}：{fault.zh}"),
            hint=Bilingual("Correct it and try again.", "请改正后再试。"),
        )
    return shop


def _settings_of(names: Iterable[str]) -> Bilingual:
    known = list(names)
    if not known:
        return Bilingual("It needs a secret alone.", "它只需要密钥。")
    return Bilingual(f"There are {', '.join(known)}.", f"可以用的有：{'、'.join(known)}。")


def _missing(known: Channel, settings: Sequence[ShopSetting]) -> BadInput:
    told = "; ".join(f"--set {one.name}=… ({one.help['en']})" for one in settings)
    told_zh = "；".join(f"`{one.name}`（{one.help['zh']}）" for one in settings)
    page = f"docs/howto/connect-{known.name}.md"
    return BadInput(
        Bilingual(
            f"A shop on {known.name} needs {told}.", f"{known.name} 的店铺还需要 {told_zh}。"
        ),
        hint=Bilingual(f"The steps stand in {page}.", f"步骤见 {page}。"),
    )
