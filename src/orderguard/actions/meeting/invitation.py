"""An iCalendar invitation (RFC 5545), and its withdrawal."""

import datetime as dt
from collections.abc import Sequence

from icalendar import Calendar, Event, vCalAddress

PRODUCT = "-//OrderGuard//meeting//EN"


def invitation(
    *,
    key: str,
    subject: str,
    text: str,
    written_at: dt.datetime,
    starts_at: dt.datetime,
    length: dt.timedelta,
    organizer: str,
    invited: Sequence[str],
    room: str,
    is_withdrawn: bool = False,
) -> bytes:
    """The same `key` is the same meeting, at every try and when it is withdrawn."""
    event = Event()
    event.add("uid", f"{key}@orderguard")
    event.add("dtstamp", written_at)
    event.add("dtstart", starts_at)
    event.add("dtend", starts_at + length)
    event.add("summary", subject)
    event.add("description", text)
    event.add("sequence", int(is_withdrawn))
    event.add("status", "CANCELLED" if is_withdrawn else "CONFIRMED")
    event.add("organizer", vCalAddress(f"mailto:{organizer}"))
    if room:
        event.add("location", room)
    for address in invited:
        attendee = vCalAddress(f"mailto:{address}")
        attendee.params["RSVP"] = "TRUE"
        event.add("attendee", attendee, encode=False)
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if is_withdrawn else "REQUEST")
    calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written
