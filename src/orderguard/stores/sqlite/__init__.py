"""The default backend: one folder of SQLite files, no other server."""

from orderguard.stores.sqlite.lock import FolderLock
from orderguard.stores.sqlite.log import SqliteLog
from orderguard.stores.sqlite.state import SqliteState

__all__ = ["FolderLock", "SqliteLog", "SqliteState"]
