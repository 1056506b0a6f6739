"""The calls that docs/howto/work-on-cases.md shows, run as they stand there."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.scenarios.installation import (
    HOST,
    Client,
    Sender,
    api_headers,
    installed,
    placed,
    serving,
)

PAGE = Path(__file__).resolve().parents[2] / "docs" / "howto" / "work-on-cases.md"
CALLS = re.findall(r"^(curl (?:.*\\\n)*.*)$", PAGE.read_text("utf-8"), re.MULTILINE)
STRICT = 'curl() { command curl --silent --show-error --fail-with-body "$@"; }\n'
RUN_S_MAX = 30


@pytest.mark.skipif(
    "CI" not in os.environ and shutil.which("curl") is None, reason="needs curl, which CI has"
)
def test_each_call_of_the_page_works_in_its_order(tmp_path: Path) -> None:
    assert len(CALLS) == PAGE.read_text("utf-8").count("curl ") > 0
    installation = installed(tmp_path / "data", "demo")
    headers = api_headers(installation)
    with (
        serving(installation) as server,
        Sender(server.port) as shop,
        Client(server.port, headers) as api,
    ):
        shop.tell(*(_of_one_device(number) for number in range(3)))
        (case,) = api.get("/api/v1/cases")["items"]
        environment = {
            **os.environ,
            "TOKEN": headers["authorization"].removeprefix("Bearer "),
            "SERVER": f"http://{HOST}:{server.port}",
            "CASE": case["case_id"],
            "no_proxy": HOST,
        }
        for call in CALLS:
            done = subprocess.run(
                ["/bin/bash", "-c", STRICT + call],
                env=environment,
                capture_output=True,
                encoding="utf-8",
                timeout=RUN_S_MAX,
                check=False,
            )
            if "/suggestions/" in call:
                # A young installation suggests nothing; what is approved is in tests/api.
                assert "Nothing is suggested about this rule." in done.stdout, done.stdout
                continue
            assert done.returncode == 0, (call, done.stdout, done.stderr)
            assert case["case_id"] in done.stdout, (call, done.stdout)
        assert api.get(f"/api/v1/cases/{case['case_id']}")["disposition"] == "confirmed"


def _of_one_device(number: int) -> dict[str, object]:
    """Of three buyers on one device there is a medium case, which the service has."""
    event = placed(f"o{number}", f"buyer-{number}", sku=f"sku-{number}")
    event["data"]["order"]["device"] = {"id": "tablet"}
    return event
