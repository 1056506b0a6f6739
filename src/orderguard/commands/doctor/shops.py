"""The shops: their secrets, and what was seen of who sends for them."""

from collections.abc import Iterator, Sequence
from contextlib import closing

from orderguard.app import calls, channels, feeds
from orderguard.bilingual import Bilingual
from orderguard.commands.doctor.finding import FAULTS_SHOWN, Finding, Patient, fault, note
from orderguard.commands.doctor.machine import is_synchronised
from orderguard.domain.ports import ShopConfig
from orderguard.domain.senders import SenderRecord
from orderguard.flows.connection_faults import Reachable, connection_faults
from orderguard.flows.sender_faults import sender_faults
from orderguard.flows.shop_desk import webhook_path
from orderguard.flows.shop_settings import secret_fault
from orderguard.kit.clock import rfc3339


def shops(patient: Patient) -> Iterator[Finding]:
    known = channels()
    with closing(patient.installation.open_control()) as control:
        found = control.all()
    for shop in found:
        place = f"{shop.channel}/{shop.shop}"
        if shop.channel not in known:
            yield fault("shops", *_no_channel(place))
            continue
        for secret in shop.secrets:
            if wrong := secret_fault(known[shop.channel], secret):
                rotate = f"`orderguard shop rotate-secret {shop.shop} --channel {shop.channel}`"
                mend = Bilingual(rotate, f"请执行 {rotate}")
                told = Bilingual(
                    f"{place}: a secret cannot sign: {wrong.en}.",
                    f"{place}：有一个密钥不能签名：{wrong.zh}。",
                )
                yield fault("shops", told, mend)
    yield Finding("shops", Bilingual(f"{len(found)} shops.", f"{len(found)} 家店铺。"))


def _no_channel(place: str) -> tuple[Bilingual, Bilingual]:
    found = Bilingual(f"{place}: no such channel.", f"{place}：没有这个渠道。")
    return found, Bilingual("Install the version that has it.", "请安装有这个渠道的版本。")


def senders(patient: Patient) -> Iterator[Finding]:
    """What a running server saw, and one that has ended; it saves it every few seconds."""
    with closing(patient.installation.open_control()) as control:
        found, records = control.all(), control.senders.load()
    names = {(shop.channel, shop.shop) for shop in found}
    records = [one for one in records if (one.channel, one.shop) in names]
    for wrong in sender_faults(records, is_synchronised=is_synchronised()):
        yield fault("senders", wrong.found, wrong.mend)
    yield from _silent(found, records)
    if newest := max((one.event_ms for one in records), default=0):
        at = rfc3339(newest)
        said = Bilingual(f"The newest event was received at {at}.", f"最新的事件收到于 {at}。")
        yield Finding("senders", said)


def connections(patient: Patient) -> Iterator[Finding]:
    """What we do ourselves towards the platforms: calls, lists, connections that we keep."""
    with closing(patient.installation.open_control()) as control:
        found, records = control.all(), control.senders.load()
    known = {(one.channel, one.shop): one for one in records}
    is_running = patient.installation.server_process() is not None
    for shop in found:
        if record := known.get((shop.channel, shop.shop)):
            for wrong in connection_faults(record, _reachable(shop, is_running=is_running)):
                told = fault if wrong.is_lasting else note
                yield told("connections", wrong.found, wrong.mend)


def _reachable(shop: ShopConfig, *, is_running: bool) -> Reachable:
    offered, feed = calls().get(shop.channel), feeds().get(shop.channel)
    return Reachable(
        lists=offered is not None and offered.lists,
        is_ready=offered is not None and offered.is_ready(shop),
        connects=feed is not None and feed.is_ready(shop),
        is_running=is_running,
    )


def _silent(found: Sequence[ShopConfig], records: Sequence[SenderRecord]) -> Iterator[Finding]:
    """Shops that nobody has told anything of yet, be it rightly signed or not."""
    heard = {(one.channel, one.shop) for one in records if one.event_ms or one.refused}
    silent = [shop for shop in found if (shop.channel, shop.shop) not in heard]
    for shop in silent[:FAULTS_SHOWN]:
        place, path = f"{shop.channel}/{shop.shop}", webhook_path(shop)
        mend = Bilingual(
            f"Let its sender call {path}; a call to another path is answered 404.",
            f"请让发送方推送到 {path}；推送到别的地址会得到 404。",
        )
        said = Bilingual(f"{place}: no call came yet.", f"{place}：还没有收到推送。")
        yield note("senders", said, mend)
    if (more := len(silent) - FAULTS_SHOWN) > 0:
        said = Bilingual(
            f"No call came yet for {more} more shops.", f"另有 {more} 家店铺还没有收到推送。"
        )
        yield Finding("senders", said)
