"""Settlement files as providers write them, with made-up numbers."""

from pathlib import Path

import orderguard.settlement
from orderguard.settlement import StatementFormat, read_formats

FORMATS_FOLDER = Path(orderguard.settlement.__file__).with_name("formats")

WECHAT_HEADER = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,"
    "货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,"
    "商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
WECHAT_SUMMARY = (
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
)
ALIPAY_HEADER = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,"
    "订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,"
    "券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注"
)
SHOPIFY_HEADER = (
    "Transaction Date,Type,Order,Card Brand,Card Source,Payout Status,Payout Date,Payout ID,"
    "Available On,Amount,Fee,Net,Checkout,Payment Method Name,Presentment Amount,"
    "Presentment Currency,Currency,VAT"
)


def formats() -> dict[str, StatementFormat]:
    files = {path.stem: path.read_text("utf-8") for path in FORMATS_FOLDER.glob("*.yaml")}
    return read_formats(files)


def wechat_row(
    number: str, order: str, *, amount: str = "0.00", refund: tuple[str, str] | None = None
) -> str:
    """A payment, or with (number, amount) a refund."""
    refund_number, refunded = refund or ("0", "0.00")
    cells = ["2026-11-11 00:05:09", "wx0000000000000000", "1900000001", "0", "", number, order]
    cells += ["oUser", "JSAPI", "SUCCESS" if refund is None else "REFUND", "OTHERS", "CNY"]
    cells += [amount, "0.00", refund_number, "0" if refund is None else "R1", refunded, "0.00"]
    cells += ["", ""] if refund is None else ["ORIGINAL", "SUCCESS"]
    cells += ['Shoes, "red"', "", "0.06000", "0.60%", amount, refunded, ""]
    return ",".join(f"`{cell}" for cell in cells)


def wechat(*rows: str, count: int | None = None) -> bytes:
    told = len(rows) if count is None else count
    summary = f"`{told},`100.00,`0.00,`0.00,`0.60000,`100.00,`0.00"
    lines = [WECHAT_HEADER, *rows, WECHAT_SUMMARY, summary, ""]
    return b"\xef\xbb\xbf" + "\r\n".join(lines).encode()


def alipay_row(number: str, order: str, kind: str, amount: str, batch: str = "") -> str:
    cells = [f"{number}\t", f"{order}\t", f"{kind}\t", "红色跑鞋", "2026-11-11 00:00:10"]
    cells += ["2026-11-11 00:00:20", "\t", "\t", "\t", "\t", "*某(138****0000)\t", amount, amount]
    cells += ["0.00", "0.00", "0.00", "0.00", "0.00", "", "0.00\t", "0.00", f"{batch}\t", "-0.60"]
    return ",".join([*cells, "0.00", ""])


def alipay(*rows: str) -> bytes:
    lines = [
        "#支付宝业务明细查询",
        "#账号：[20880000000000000156]",
        "#起始日期：[2026年11月11日 00:00:00]   终止日期：[2026年11月12日 00:00:00]",
        "#-----------------------------------------业务明细列表------------------------------------",
        ALIPAY_HEADER,
        *rows,
        "#-----------------------------------------业务明细列表结束--------------------------------",
        "#交易合计：2笔，商家实收共100.00元，商家优惠共0.00元",
    ]
    return "\r\n".join(lines).encode("gb18030")


def shopify_row(
    kind: str, order: str, amount: str, *, at: str = "2026-11-11 07:33:09 +0100"
) -> str:
    cells = [at, kind, order, "visa", "online", "paid", "2026-11-13", "90001", "2026-11-13"]
    cells += [amount, "0.45", amount, "#68683485610367", "card", amount, "EUR", "EUR", "0.00"]
    return ",".join(cells)


def shopify(*rows: str) -> bytes:
    return "\n".join([SHOPIFY_HEADER, *rows, ""]).encode()
