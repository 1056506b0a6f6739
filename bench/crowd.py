"""200 browsers in a process of their own: what it is told to do comes by standard input.

`crowd.py PORT COUNT`, then by lines the headers as JSON, and `cut SECONDS`, `settle SECONDS` or
`end`, each of which is answered by one line once it is done.
"""

import json
import os
import select
import sys
from collections.abc import Mapping
from subprocess import PIPE, Popen
from typing import Self

import msgspec
from bench.figures import ROOT
from msgspec import Struct
from tests.scenarios.crowd import Crowd, is_in_step, lost

TURN_S = 0.1
YIELDS = 19
"""The browsers' own work is not what is measured: it waits for whoever shares their processor."""


class Judged(Struct, frozen=True, kw_only=True):
    """What a crowd heard, against what was told to the one that was never cut off.

    `whole`: browsers that lost nothing and heard all in order, nothing twice.
    """

    hints: int
    cuts: int
    whole: int
    ended: int
    refused: int


def judged(crowd: Crowd) -> Judged:
    heard = [browser.hints() for browser in crowd.browsers]
    told = heard[0]
    return Judged(
        hints=len(told),
        cuts=sum(browser.cuts for browser in crowd.browsers),
        whole=sum(not lost(told, one) and is_in_step(told, one) for one in heard),
        ended=crowd.ended,
        refused=crowd.refused,
    )


class Process:
    """The crowd as the process that measures sees it; all listen once it is made."""

    def __init__(self, port: int, headers: Mapping[str, str], count: int) -> None:
        command = [sys.executable, "-m", "bench.crowd", str(port), str(count)]
        self._process = Popen(command, cwd=ROOT, stdin=PIPE, stdout=PIPE, text=True, bufsize=1)
        self._say(json.dumps(dict(headers)))
        assert self._hear() == "open"

    def cut_within(self, seconds: float) -> None:
        """From now on each is cut off once and comes back."""
        self._say(f"cut {seconds}")
        assert self._hear() == "cut"

    def settle(self, seconds_max: float) -> bool:
        """Wait until all have heard the last; whether they were in time."""
        self._say(f"settle {seconds_max}")
        return self._hear() == "even"

    def end(self) -> Judged:
        self._say("end")
        found = msgspec.json.decode(self._hear(), type=Judged)
        self._process.wait()
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def _hear(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


def main() -> None:
    os.nice(YIELDS)
    port, count = map(int, sys.argv[1:])
    with Crowd(port, json.loads(sys.stdin.readline()), count) as crowd:
        crowd.open()
        print("open", flush=True)
        while True:
            crowd.listen(TURN_S)
            if not select.select((sys.stdin,), (), (), 0)[0]:
                continue
            name, _, seconds = sys.stdin.readline().strip().partition(" ")
            if name == "cut":
                crowd.cut_within(float(seconds))
                print("cut", flush=True)
            elif name == "settle":
                print("even" if crowd.settle(float(seconds)) else "uneven", flush=True)
            else:
                break
        found = judged(crowd)
    print(msgspec.json.encode(found).decode(), flush=True)


if __name__ == "__main__":
    main()
