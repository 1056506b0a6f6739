"""Two people decide cases at one moment, the server is killed, and what was answered stands."""

import json
import threading
from contextlib import closing
from pathlib import Path

from tests.flows.stories import differences, everything
from tests.scenarios.installation import (
    Answer,
    Client,
    Json,
    Sender,
    Server,
    api_headers,
    burst,
    entries_of,
    installed,
    is_proof,
)

from orderguard.flows.fold import Fold
from orderguard.stores.memory import MemoryState

RACES, KILLS = (1_000, 20) if is_proof() else (50, 2)
WORDS = ("confirmed", "false_alarm", "inconclusive")


def cases_of(api: Client) -> dict[str, str]:
    """Each case by the first of its orders."""
    found: dict[str, str] = {}
    cursor: dict[str, str] = {}
    while True:
        page = api.get("/api/v1/cases", **cursor)
        found |= {case["order_ids"][0]: case["case_id"] for case in page["items"]}
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


def decide(api: Client, case_id: str, word: str) -> Answer:
    body = json.dumps({"disposition": word, "action": "release"}).encode()
    headers = {"content-type": "application/json"}
    return api.ask("POST", f"/api/v1/cases/{case_id}/disposition", body, headers)


def race(people: list[Client], case_id: str, words: list[str]) -> str:
    """The word of the one who won; the other was told."""
    gate = threading.Barrier(len(people))
    answers: dict[int, Answer] = {}

    def person(number: int) -> None:
        gate.wait(10)
        answers[number] = decide(people[number], case_id, words[number])

    threads = [threading.Thread(target=person, args=(number,), daemon=True) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    statuses = [answers[number].status for number in (0, 1)]
    assert sorted(statuses) == [200, 409], answers
    won = words[statuses.index(200)]
    lost: Json = answers[statuses.index(409)].json
    assert lost["standing"]["disposition"] == won
    return won


def test_each_race_has_one_winner_and_no_kill_takes_it_back(tmp_path: Path) -> None:
    installation = installed(tmp_path / "data", "demo", preset="micro")
    headers = api_headers(installation)
    buyers = [f"b{number}" for number in range(RACES + KILLS)]
    won: dict[str, str] = {}
    with Server(installation.folder) as server:
        server.start()
        with Sender(server.port) as shop:
            for buyer in buyers:
                shop.tell(*burst(buyer))
        with Client(server.port, headers) as one, Client(server.port, headers) as other:
            cases = cases_of(one)
            assert sorted(cases) == sorted(f"{buyer}-0" for buyer in buyers)
            for number, buyer in enumerate(buyers[:RACES]):
                words = [WORDS[number % 3], WORDS[(number + 1) % 3]]
                won[buyer] = race([one, other], cases[f"{buyer}-0"], words)
        for number, buyer in enumerate(buyers[RACES:]):
            with Client(server.port, headers) as api:
                assert decide(api, cases[f"{buyer}-0"], WORDS[number % 3]).status == 200
            server.kill()
            won[buyer] = WORDS[number % 3]
            server.start()
            with Client(server.port, headers) as api:
                for known, word in won.items():
                    case = api.get(f"/api/v1/cases/{cases[f'{known}-0']}")
                    assert case["disposition"] == word
        with Client(server.port, headers) as api:
            assert cases_of(api) == cases, "none is doubled"
            assert decide(api, cases["b0-0"], "confirmed").status == 409
        assert server.stop() == 0
    fold = Fold(MemoryState())
    for offset, entry in enumerate(entries_of(installation), 1):
        fold.apply(offset, entry)
    with closing(installation.open_state()) as state:
        survivor = Fold(state)
        fold.advance(survivor.clock_ms)  # What fell due after the last entry fell due there too.
        assert differences(everything(survivor), everything(fold)) == []
