"""Tell from what is remembered of our own reach to a shop's platform what is wrong with it."""

from collections.abc import Iterator

from msgspec import Struct

from orderguard.bilingual import Bilingual, both
from orderguard.domain.senders import Connection, SenderRecord


class Reachable(Struct, frozen=True, kw_only=True):
    """What we could do towards a shop's platform, by its channel and its settings.

    `lists`: changed orders can be listed. `is_ready`: the shop has all that calls need.
    `connects`: we keep a connection to it. `is_running`: a server does all this now.
    """

    lists: bool = False
    is_ready: bool = False
    connects: bool = False
    is_running: bool = False


class ConnectionFault(Struct, frozen=True, kw_only=True):
    """In a word or two, in a sentence, and what to do. `is_lasting`: it does not end by itself."""

    short: str
    found: Bilingual
    mend: Bilingual
    is_lasting: bool = True


def connection_faults(record: SenderRecord, reach: Reachable) -> Iterator[ConnectionFault]:
    """All that is wrong between us and the platform of one shop."""
    place = f"{record.channel}/{record.shop}"
    connection = record.connection or Connection()
    page = f"docs/howto/connect-{record.channel}.md"
    if reach.connects and reach.is_running and not connection.is_connected:
        why = Bilingual(", and is being tried.", "，正在重连。")
        if connection.failure:
            failure = both(connection.failure)
            why = Bilingual(f": {_full(failure.en)}", f"：{_full(failure.zh)}")
        yield ConnectionFault(
            short="not connected",
            found=Bilingual(
                f"{place}: the connection to the platform does not stand{why.en}",
                f"{place}：与平台的连接断开{why.zh}",
            ),
            mend=Bilingual(
                f"{_test(record)} tries what can be tried now; key, secret and address stand in"
                f" {page}. It is made anew by itself.",
                f"{_test(record)} 试一遍现在能试的；密钥和地址怎么填见 {page}。连接会自己恢复。",
            ),
        )
    elif connection.failure:
        failure = both(connection.failure)
        yield ConnectionFault(
            short="not answered",
            found=Bilingual(
                f"{place}: the platform cannot be asked: {_full(failure.en)}",
                f"{place}：平台接口调不通：{_full(failure.zh)}",
            ),
            mend=Bilingual(
                f"{_test(record)} asks it now. Renew a token that ended, allow this server's"
                f" address, or add the permission: {page} says where.",
                f"{_test(record)} 现在就调一次。请续期令牌、放行本服务器的地址或补上权限："
                f"在哪里办见 {page}。",
            ),
        )
    if connection.details_failed:
        count = connection.details_failed
        yield ConnectionFault(
            short="details missing",
            found=Bilingual(
                f"{place}: {count} details could not be had since the server's start: of these"
                " orders only what was pushed is known.",
                f"{place}：服务器启动以来有 {count} 个订单详情没有取到："
                "这些订单只知道推送里的内容。",
            ),
            mend=Bilingual(
                "See in the server's messages which, and why; a `refetch_order` asks again.",
                "是哪些、为什么，见服务器输出；动作 `refetch_order` 会再取一次。",
            ),
            is_lasting=False,
        )
    yield from _gaps(record, connection, reach, place, page)


def _gaps(
    record: SenderRecord, connection: Connection, reach: Reachable, place: str, page: str
) -> Iterator[ConnectionFault]:
    if reach.lists and reach.is_ready:
        if (left := connection.gaps_found - connection.gaps_mended) > 0:
            yield ConnectionFault(
                short="gaps open",
                found=Bilingual(
                    f"{place}: {left} changes that its list told are not in the log yet.",
                    f"{place}：平台列表里有 {left} 个变化还不在日志里。",
                ),
                mend=Bilingual(
                    "They are looked for again in minutes; if they stay, see the server's"
                    " messages for what keeps them out.",
                    "几分钟内会再补一次；如果一直还在，请在服务器输出里查看原因。",
                ),
                is_lasting=False,
            )
    elif record.gaps:
        mend = Bilingual(
            "Let it push again from its own page of messages: it has no list that could be read.",
            "请在平台的消息页面重新推送：它没有可以查询的列表。",
        )
        if reach.lists:
            mend = Bilingual(
                f"Give the shop what calls need ({page}): then they are found and mended.",
                f"请补上调用接口所需的设置（{page}）：之后会自动找到并补齐。",
            )
        yield ConnectionFault(
            short="gaps seen",
            found=Bilingual(
                f"{place}: {record.gaps} facts came without the message that tells of them.",
                f"{place}：有 {record.gaps} 个事实没有收到对应的推送。",
            ),
            mend=mend,
            is_lasting=False,
        )


def _test(record: SenderRecord) -> str:
    return f"`orderguard shop test {record.shop} --channel {record.channel}`"


def _full(text: str) -> str:
    return text if text.endswith((".", "!", "?", "。")) else f"{text}."
