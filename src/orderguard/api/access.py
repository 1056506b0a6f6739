"""Who calls, and what the caller may do.

A program sends `Authorization: Bearer <token>`; a browser has a session cookie. What changes
something must come from our own pages when it comes with the cookie.
"""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPBearer

from orderguard.api.context import Context, Given
from orderguard.bilingual import Bilingual
from orderguard.domain.accounts import Account
from orderguard.errors import NotAllowed, NotReady, NotSignedIn

SESSION_COOKIE = "orderguard_session"
EDITORS = frozenset({"operations", "risk", "admin"})
"""Roles that may change lists and relations."""
DECIDERS = frozenset({"service", "risk", "operations", "admin"})
"""Roles that may work on cases and decide them."""
ACCOUNTANTS = frozenset({"finance", "admin"})
"""Roles that may see and sign what the orders' money comes to, and bring settlement files."""
ADMINISTRATORS = frozenset({"admin"})
"""Roles that may connect shops, let people in, and look at the installation itself."""
RULE_MAKERS = frozenset({"analyst", "risk", "admin"})
"""Roles that may draft, publish and approve rules."""


class Right(StrEnum):
    """What only some roles may do; a page hides what its reader has no right to."""

    ADMINISTER = "administer"
    CHANGE_LISTS = "change_lists"
    DECIDE_CASES = "decide_cases"
    RECONCILE = "reconcile"
    CHANGE_RULES = "change_rules"


ROLES_BY_RIGHT = {
    Right.ADMINISTER: ADMINISTRATORS,
    Right.CHANGE_LISTS: EDITORS,
    Right.DECIDE_CASES: DECIDERS,
    Right.RECONCILE: ACCOUNTANTS,
    Right.CHANGE_RULES: RULE_MAKERS,
}
RETRY_AFTER_S = 1

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_HINT = Bilingual(
    "Send `Authorization: Bearer <token>` (orderguard token add), or sign in with a browser.",
    "请带上 `Authorization: Bearer <token>`（orderguard token add），或用浏览器登录。",
)

# They only tell the API's description of the two ways; `signed_in` reads the headers itself.
_bearer = HTTPBearer(auto_error=False, description="An API token: orderguard token add.")
_cookie = APIKeyCookie(name=SESSION_COOKIE, auto_error=False, description="A browser's session.")


async def ready(context: Given) -> None:
    if not context.live.is_ready:
        raise NotReady(
            Bilingual("The server is starting.", "服务器正在启动。"), retry_after_s=RETRY_AFTER_S
        )


async def signed_in(request: Request, context: Given) -> Account:
    """The account behind a call, of any role."""
    account = caller(request, context)
    if account is None:
        raise NotSignedIn(Bilingual("The call is not signed in.", "您还没有登录。"), hint=_HINT)
    if "authorization" not in request.headers:
        require_own_page(request)
    return account


def caller(request: Request, context: Context) -> Account | None:
    """A token that is sent counts alone, so that a wrong one is never covered by a session."""
    authorization = request.headers.get("authorization")
    if authorization is not None:
        scheme, _, token = authorization.partition(" ")
        return context.control.token_role(token.strip()) if scheme.lower() == "bearer" else None
    session = request.cookies.get(SESSION_COOKIE)
    return context.control.session_account(session) if session else None


def require_own_page(request: Request) -> None:
    """Refuse a change that another site's page makes a browser send with its cookie."""
    if request.method not in _SAFE_METHODS and not is_own_page(request):
        raise NotAllowed(
            Bilingual(
                "The call does not come from a page of this server.", "请求不是来自本服务器的页面。"
            )
        )


def is_own_page(request: Request) -> bool:
    """Whether the browser says so; every browser sends one of the two headers with a change."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return urlsplit(request.headers.get("origin", "")).netloc == request.headers.get("host", "/")


Described = [Depends(_bearer), Depends(_cookie)]
SignedIn = Annotated[Account, Depends(signed_in)]


def _only(roles: frozenset[str], what: Bilingual) -> Callable[[Account], Awaitable[Account]]:
    """The account behind a call that only these roles may make."""

    async def allowed(account: SignedIn) -> Account:
        if account.role not in roles:
            raise NotAllowed(
                Bilingual(
                    f"The role `{account.role}` may not {what.en}.",
                    f"角色 `{account.role}` 不能{what.zh}。",
                ),
                hint=Bilingual(
                    f"Ask somebody with the role {' or '.join(sorted(roles))}.",
                    f"请让角色是 {'、'.join(sorted(roles))} 的同事来做。",
                ),
            )
        return account

    return allowed


editor = _only(EDITORS, Bilingual("change this", "修改这里"))
decider = _only(DECIDERS, Bilingual("work on cases", "处理案件"))
accountant = _only(ACCOUNTANTS, Bilingual("reconcile", "对账"))
administrator = _only(ADMINISTRATORS, Bilingual("change this", "修改这里"))
rule_maker = _only(RULE_MAKERS, Bilingual("change rules", "修改规则"))

Editor = Annotated[Account, Depends(editor)]
Decider = Annotated[Account, Depends(decider)]
Accountant = Annotated[Account, Depends(accountant)]
Administrator = Annotated[Account, Depends(administrator)]
RuleMaker = Annotated[Account, Depends(rule_maker)]
