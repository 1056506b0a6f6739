"""What the event stream sends: each change and each health made once, however many listen."""

import msgspec
from fastapi.sse import format_sse_event

from orderguard.domain.alerts import Alert
from orderguard.domain.cases import Case
from orderguard.flows.listeners import Place
from orderguard.flows.present import alert_json, case_json

KEPT_MAX = 256
"""Changes; of a listener who is further behind each is made anew."""

_encode = msgspec.json.Encoder(decimal_format="string").encode


class Frames:
    """The frames of one server."""

    def __init__(self) -> None:
        self._changes: dict[Place, tuple[Alert | Case, bytes]] = {}
        self._health = ("", b"")

    def change(self, place: Place, told: Alert | Case) -> bytes:
        kept = self._changes.get(place)
        if kept is not None and kept[0] is told:
            return kept[1]
        frame = _frame(place, told)
        self._changes[place] = told, frame
        if len(self._changes) > KEPT_MAX:
            del self._changes[next(iter(self._changes))]
        return frame

    def health(self, text: str) -> bytes:
        if self._health[0] is not text:
            self._health = text, format_sse_event(event="health", data_str=text)
        return self._health[1]


def _frame(place: Place, told: Alert | Case) -> bytes:
    offset, number = place
    name, data = (
        ("case", case_json(told)) if isinstance(told, Case) else ("alert", alert_json(told))
    )
    text = _encode(data).decode()
    return format_sse_event(event=name, id=f"{offset}.{number}", data_str=text)
