"""What a shop is told by `--set`."""

from collections.abc import Sequence
from pathlib import Path

from orderguard.errors import BadInput

VALUE_BYTES_MAX = 65_536


def settings_of(pairs: Sequence[str]) -> dict[str, str]:
    """KEY=VALUE, or KEY=@FILE for the text of a file."""
    return dict(map(_setting, pairs))


def _setting(pair: str) -> tuple[str, str]:
    key, equals, value = pair.partition("=")
    if not (key and equals):
        raise BadInput(f"Not a setting: {pair}.", hint="Write --set KEY=VALUE.")
    return key, _from_file(Path(value[1:])) if value.startswith("@") else value


def _from_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(VALUE_BYTES_MAX + 1)
        text = content.decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}.", hint="Name a text file.") from error
    if len(content) > VALUE_BYTES_MAX:
        raise BadInput(f"{path} is larger than {VALUE_BYTES_MAX} bytes.")
    return text
