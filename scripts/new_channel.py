"""Make a channel that works, to be filled in with what the platform really sends.

    python scripts/new_channel.py acme

Writes `src/orderguard/channels/acme/` from `scripts/templates/channel/` and touches nothing else:
a channel is found by its presence.
"""

import re
from pathlib import Path
from string import Template

import click

ROOT = Path(__file__).resolve().parents[1]
TEMPLATES = ROOT / "scripts" / "templates" / "channel"
CHANNELS = ROOT / "src" / "orderguard" / "channels"
NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
NAME_LENGTH_MAX = 32


@click.command(help=__doc__)
@click.argument("name")
def main(name: str) -> None:
    if not NAME.fullmatch(name) or len(name) > NAME_LENGTH_MAX:
        raise click.UsageError(
            f"{name!r} is no channel name: small letters, digits and single underscores, at most"
            f" {NAME_LENGTH_MAX}; it becomes the folder and a part of the webhook path."
        )
    folder = CHANNELS / name
    if folder.exists():
        raise click.UsageError(f"{folder.relative_to(ROOT)} exists: choose another name.")
    for path in write_channel(folder, name):
        click.echo(path.relative_to(ROOT))
    click.echo("Next: docs/howto/add-a-channel.md")


def write_channel(folder: Path, name: str) -> list[Path]:
    """The files of a new channel, in the order of their names."""
    words = name.split("_")
    told = {
        "name": name,
        "Name": "".join(word.capitalize() for word in words),
        "Title": " ".join(word.capitalize() for word in words),
    }
    written = []
    for template in sorted(TEMPLATES.rglob("*.txt")):
        place = template.relative_to(TEMPLATES).with_suffix("")
        target = folder / place.with_name(place.name.replace("test_channel", f"test_{name}"))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(Template(template.read_text()).substitute(told))
        written.append(target)
    return written


if __name__ == "__main__":
    main()
