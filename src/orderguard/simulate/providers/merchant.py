"""The merchant's own system, as the actions on orders and stock call it."""

from collections.abc import Mapping
from typing import Any

from orderguard.simulate.providers.webhook import Receiver


class Merchant(Receiver):
    def settings(self, url: str) -> Mapping[str, Any]:
        return {"url": f"{url}/steps", "secret": self.secret}


class ForgetfulMerchant(Merchant):
    """Takes every call for a new one."""

    def settings(self, url: str) -> Mapping[str, Any]:
        return {**super().settings(url), "knows_ids": False}

    def take(self, message_id: str) -> None:
        self.effects.append(message_id)


PROVIDERS = {"merchant": Merchant, "forgetful": ForgetfulMerchant}
