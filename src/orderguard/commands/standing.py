"""What the fold of an installation knows, for commands that only read it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from orderguard.app import Installation, memory_state
from orderguard.domain.record import decode
from orderguard.flows.fold import Fold

ROWS_AT_ONCE = 500


@contextmanager
def standing(installation: Installation) -> Iterator[Fold]:
    """The fold as it was saved last; nothing that is done with it is kept.

    Where no server runs, what the log has beyond the last save is folded as well. Beside a server
    it is a few seconds old.
    """
    installation.keyring()  # It says what is wrong with a folder that is no installation.
    if not all(path.exists() for path in installation.store_paths):
        yield Fold(memory_state())  # It was never served.
        return
    with ExitStack() as stack:
        store = installation.open_state()
        stack.callback(store.close)
        fold = Fold(store)
        if installation.server_process() is None:
            log = installation.open_log()
            stack.callback(log.close)
            while rows := log.read(fold.cursor, ROWS_AT_ONCE):
                for row in rows:
                    fold.apply(row.offset, decode(row.record))
        yield fold
