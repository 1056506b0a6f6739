"""`orderguard demo --channels`: a part of the sale comes from simulated platforms, whole."""

import json
import os
import subprocess
from pathlib import Path

from tests.scenarios.installation import COMMAND

from orderguard.channels import discover_calls
from orderguard.simulate.channels import discover

END_S_MAX = 300.0


def test_a_sale_is_played_over_all_platforms(tmp_path: Path) -> None:
    asked = ("demo", "--fast", "--channels", "--no-browser", "--json", "--orders", "500")
    done = subprocess.run(
        [COMMAND, *asked, "--port", "0", "--lang", "en"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=END_S_MAX,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    figures = json.loads(done.stdout)
    assert figures["recognised"] > 0.9
    channels = {one["channel"]: one for one in figures["channels"]}
    assert channels.keys() == discover().keys()
    for name, one in channels.items():
        assert one["orders"], name
        assert one["events"], name
    lists = {name for name, calls in discover_calls().items() if calls.lists}
    for name in lists:
        assert channels[name]["gaps_found"] == channels[name]["gaps_mended"], name
    assert sum(channels[name]["gaps_mended"] for name in lists), "pushes were lost"
    assert sum(one["details"] for one in channels.values()), "pushes named ids alone"
    assert list(tmp_path.iterdir()) == []
