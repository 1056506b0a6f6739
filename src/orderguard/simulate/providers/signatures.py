"""How the clouds check a request's signature, written from their own pages.

ACS3: https://help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature
TC3: https://cloud.tencent.com/document/api/382/52072
"""

import datetime as dt
import hashlib
import hmac
import re
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from orderguard.simulate.providers.server import Asked

_ACS3 = re.compile(
    r"ACS3-HMAC-SHA256 Credential=([^,]+),\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})"
)
_TC3 = re.compile(
    r"TC3-HMAC-SHA256 Credential=([^/]+)/(\d{4}-\d\d-\d\d)/(\w+)/tc3_request,\s*"
    r"SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})"
)


def is_acs3(asked: Asked, key_id: str, key_secret: str) -> bool:
    """Whether Aliyun would take the signature of this request."""
    found = _ACS3.fullmatch(asked.headers.get("authorization", ""))
    if found is None or found[1] != key_id:
        return False
    signed = found[2].split(";")
    if not {"host", "x-acs-action", "x-acs-date", "x-acs-content-sha256"} <= set(signed):
        return False
    body_hash = hashlib.sha256(asked.body).hexdigest()
    if asked.headers.get("x-acs-content-sha256") != body_hash:
        return False
    to_sign = f"ACS3-HMAC-SHA256\n{_hash(_canonical(asked, signed, body_hash))}"
    expected = _hmac(key_secret.encode(), to_sign).hex()
    return hmac.compare_digest(expected, found[3])


def is_tc3(asked: Asked, key_id: str, key_secret: str) -> bool:
    """Whether Tencent Cloud would take the signature of this request."""
    found = _TC3.fullmatch(asked.headers.get("authorization", ""))
    if found is None or found[1] != key_id:
        return False
    date, service, signed = found[2], found[3], found[4].split(";")
    timestamp = asked.headers.get("x-tc-timestamp", "")
    if not timestamp.isdigit() or not {"content-type", "host"} <= set(signed):
        return False
    if dt.datetime.fromtimestamp(int(timestamp), dt.UTC).strftime("%Y-%m-%d") != date:
        return False
    canonical = _canonical(asked, signed, hashlib.sha256(asked.body).hexdigest())
    scope = f"{date}/{service}/tc3_request"
    to_sign = f"TC3-HMAC-SHA256\n{timestamp}\n{scope}\n{_hash(canonical)}"
    key = f"TC3{key_secret}".encode()
    for part in (date, service, "tc3_request"):
        key = _hmac(key, part)
    return hmac.compare_digest(_hmac(key, to_sign).hex(), found[5])


def _canonical(asked: Asked, signed: list[str], body_hash: str) -> str:
    parts = urlsplit(asked.path)
    pairs = sorted(parse_qsl(parts.query, keep_blank_values=True))
    query = "&".join(f"{_escaped(name)}={_escaped(value)}" for name, value in pairs)
    headers = "".join(f"{name}:{asked.headers.get(name, '').strip()}\n" for name in signed)
    path = quote(unquote(parts.path), safe="/-_.~") or "/"
    return "\n".join([asked.method, path, query, headers, ";".join(signed), body_hash])


def _escaped(text: str) -> str:
    return quote(text, safe="-_.~")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
