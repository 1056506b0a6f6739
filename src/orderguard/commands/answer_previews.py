"""`python -m orderguard.commands.answer_previews DIR`: a line of JSON in, a line of JSON out.

The server starts it; it ends when its input does.
"""

import sys
from contextlib import closing
from pathlib import Path

import msgspec

from orderguard.app import Installation, memory_state
from orderguard.errors import OrderGuardError
from orderguard.flows.previews import Previewer, Question
from orderguard.kit.child import step_back

FOLDER = "judged"


def main(folder: Path) -> None:
    """Answer until the input ends."""
    step_back()
    decoder = msgspec.json.Decoder(Question)
    with closing(Installation(folder).open_log()) as event_log:
        previewer = Previewer(event_log, memory_state, folder / FOLDER)
        for line in sys.stdin.buffer:
            try:
                told: object = previewer.answer(decoder.decode(line))
            except OrderGuardError as error:
                told = {"state": "failed", "detail": error.whole}
            sys.stdout.buffer.write(msgspec.json.encode(told) + b"\n")
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
