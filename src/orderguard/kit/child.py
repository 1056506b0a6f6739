"""A process of our own at low priority, which answers one question at a time."""

import asyncio
import json
import os
import sys
from contextlib import suppress
from typing import Any

ANSWER_S_MAX = 30.0
LINE_BYTES_MAX = 8 * 1024 * 1024
NICE = 10


class Child:
    """Runs `python -m module *arguments` when first asked, and again after it has ended.

    A question and its answer are a line of JSON each.
    """

    def __init__(self, module: str, *arguments: str) -> None:
        self._command = (sys.executable, "-m", module, *arguments)
        self._process: asyncio.subprocess.Process | None = None
        self._asking = asyncio.Lock()

    async def ask(self, question: Any) -> Any:
        """The answer. Raise TimeoutError or ConnectionError where none comes."""
        async with self._asking:
            process = await self._running()
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                async with asyncio.timeout(ANSWER_S_MAX):
                    process.stdin.write(json.dumps(question).encode() + b"\n")
                    await process.stdin.drain()
                    line = await process.stdout.readline()
            except BaseException:
                # Its answer would be taken for that to the next question.
                await self.stop()
                raise
            if not line:
                await self.stop()
                raise ConnectionError(self._command[2])
            return json.loads(line)

    async def run(self) -> None:
        """Let it live as long as this is not cancelled."""
        try:
            await asyncio.Event().wait()
        finally:
            await self.stop()

    async def stop(self) -> None:
        """End it; a later question starts another."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=LINE_BYTES_MAX,
            )
        return self._process


def step_back() -> None:
    """Let this whole process yield to others, for good."""
    os.nice(NICE)
