import json
from contextlib import closing
from pathlib import Path

from tests.commands.conftest import Command

from orderguard.app import Installation
from orderguard.domain.entries import SkuMeaning, SkusMapped


def _mail(folder: Path) -> list[SkusMapped]:
    with closing(Installation(folder).open_control()) as control:
        return [note for _, note in control.waiting(100) if isinstance(note, SkusMapped)]


def test_a_table_is_left_for_the_server(og: Command, folder: Path, tmp_path: Path) -> None:
    og("shop", "add", "demo", "--channel", "standard", "--data", str(folder))
    table = tmp_path / "skus.csv"
    table.write_text("平台SKU,商家编码,数量\nc-1,A,2\n")
    command = ("sku", "import", str(table), "--shop", "standard/demo", "--data", str(folder))
    og(*command, "--dry-run")
    assert _mail(folder) == []
    said = json.loads(og(*command, "--json").stdout)
    assert said == {"read": 1, "imported": 1, "faults": []}
    (note,) = _mail(folder)
    assert note.meanings == (SkuMeaning("standard", "demo", "c-1", (("A", 2),)),)


def test_faults_name_file_and_line_and_nothing_is_imported(
    og: Command, folder: Path, tmp_path: Path
) -> None:
    table = tmp_path / "skus.csv"
    table.write_text("channel_sku,sku\n,A\nc-1,B\n")
    result = og(
        *("sku", "import", str(table), "--shop", "standard/none", "--data", str(folder)), status=1
    )
    assert f"{table}:2: It names no channel SKU." in result.stderr
    assert "no shop standard/none" in result.stderr
    assert _mail(folder) == []
