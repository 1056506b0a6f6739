"""The library in force, and how another one comes into force in its place."""

import asyncio

from orderguard.api.context import Context
from orderguard.bilingual import Bilingual
from orderguard.domain.accounts import Account
from orderguard.domain.entries import LibraryPublished
from orderguard.errors import ChangedMeanwhile
from orderguard.flows.rulebook import publication
from orderguard.rules import load_library


def library_of(context: Context) -> LibraryPublished:
    library = context.live.fold.tables.library.get("")
    assert library is not None, "a server that is ready has published its library"
    return library


async def publish(
    context: Context, library: LibraryPublished, files: dict[str, str], account: Account
) -> None:
    """Let these files judge in the place of `library`'s. In force when this returns.

    Raise LibraryFaults for faulty ones, ChangedMeanwhile where another library is in force by now.
    """
    await asyncio.to_thread(load_library, files, preset=library.preset)
    if context.live.fold.tables.library.get("") is not library:
        raise ChangedMeanwhile(
            Bilingual(
                "The library was changed meanwhile; look at it again.",
                "规则库在此期间被改过；请重新看一遍。",
            )
        )
    for name, text in files.items():
        if library.files.get(name) != text:
            # First, as the next start publishes what lies in the folder.
            context.write_rule(name, text)
    await context.live.note(publication(library, files, account.name))
