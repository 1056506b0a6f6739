"""A group that is called together by its robot."""

from collections.abc import Mapping
from typing import Any

from orderguard.simulate.providers.notify import DingTalk
from orderguard.simulate.providers.server import HOST


class Group(DingTalk):
    def settings(self, url: str) -> Mapping[str, Any]:
        target = {
            "kind": self.kind,
            "url": f"{url}{self.path}{self.token}",
            "secret": self.secret,
        }
        return {"group": target, "room": "https://meet.example.com/risk", "allowed_hosts": [HOST]}


PROVIDERS = {"group": Group}
