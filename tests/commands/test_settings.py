import re
import tomllib
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.chinese import check_chinese

from orderguard.app import actions
from orderguard.errors import BadInstallation
from orderguard.settings import FILE_NAME, Settings
from orderguard.settings_file import commented_toml, load_settings, shown


def load(tmp_path: Path, text: str, **environment: str) -> Settings:
    (tmp_path / FILE_NAME).write_text(text, encoding="utf-8")
    return load_settings(tmp_path, environment)


def refusal(tmp_path: Path, text: str, **environment: str) -> str:
    with pytest.raises(BadInstallation) as told:
        load(tmp_path, text, **environment)
    return str(told.value).replace(f"{tmp_path}/", "")


def test_an_empty_file_means_the_defaults(tmp_path: Path) -> None:
    assert load(tmp_path, "") == Settings()
    assert Settings().respond.mode == "shadow"


def test_the_written_file_means_the_defaults_too(tmp_path: Path) -> None:
    assert load(tmp_path, commented_toml("standard")) == Settings()
    assert load(tmp_path, commented_toml("micro")).library.preset == "micro"


def test_the_written_file_names_every_setting_and_its_default() -> None:
    lines = commented_toml("standard").splitlines()
    assert max(map(len, lines)) <= 100
    text = "\n".join(line.removeprefix("# ") for line in lines if " = " in line or line[:1] == "[")
    assert msgspec.convert(tomllib.loads(text), Settings) == Settings()
    members = {
        f"{section.name}.{field.name}"
        for section in msgspec.structs.fields(Settings)
        for field in msgspec.structs.fields(section.type)
    }
    tables = tomllib.loads(text)
    assert {f"{table}.{key}" for table in tables for key in tables[table]} == members


def test_every_setting_is_explained_in_both_languages() -> None:
    for section in shown(Settings()):
        check_chinese(section.help)
        for setting in section.settings:
            check_chinese(setting.help)


def test_the_file_and_then_the_environment_decide(tmp_path: Path) -> None:
    text = '[server]\nport = 9000\nhost = "::1"\n[respond]\nmode = "live"\n'
    found = load(tmp_path, text, ORDERGUARD_SERVER_PORT="9001", ORDERGUARD_STATE_CHECKPOINT_S="5")
    assert (found.server.host, found.server.port) == ("::1", 9001)
    assert found.respond.mode == "live"
    assert found.state.checkpoint_s == 5.0


def test_variables_of_others_are_passed_by(tmp_path: Path) -> None:
    assert load(tmp_path, "", ORDERGUARD_PROVE="1", ORDERGUARD="og", PATH="/bin") == Settings()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[sever]\nport = 1", "orderguard.toml:1: unknown setting `sever`: did you mean `server`?"),
        (
            "\n[server]\n# port\nprot = 1",
            "orderguard.toml:4: unknown setting `server.prot`: did you mean `port`?",
        ),
        ("[server]\nport = 70000", "orderguard.toml:2: `server.port`: Expected `int` <= 65535."),
        ('server.port = "80"', "orderguard.toml:1: `server.port`: Expected `int`, got `str`."),
        ("server = 1", "orderguard.toml:1: `server`: Expected `object`, got `int`."),
        ('[respond]\n mode = "on"', "orderguard.toml:2: `respond.mode`: Invalid enum value 'on'."),
        ("[server\nport = 1", "orderguard.toml:1:8: not TOML"),
    ],
)
def test_a_fault_in_the_file_is_told_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    assert refusal(tmp_path, text).startswith(told)


def test_a_fault_in_the_environment_is_told_by_its_variable(tmp_path: Path) -> None:
    told = refusal(tmp_path, "", ORDERGUARD_SERVER_PROT="1")
    assert told == (
        "Unknown setting ORDERGUARD_SERVER_PROT in the environment:"
        " did you mean `ORDERGUARD_SERVER_PORT`?"
    )
    told = refusal(tmp_path, "", ORDERGUARD_SERVER_PORT="many")
    assert told.startswith("ORDERGUARD_SERVER_PORT in the environment: Expected `int`")


def test_a_missing_or_garbled_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInstallation, match="orderguard init --data"):
        load_settings(tmp_path, {})
    (tmp_path / FILE_NAME).write_bytes(b"\xff")
    with pytest.raises(BadInstallation, match="not UTF-8"):
        load_settings(tmp_path, {})


@given(st.text(max_size=200))
def test_no_text_ends_in_anything_but_settings_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / FILE_NAME).write_bytes(text.encode("utf-8", "surrogatepass"))
    with suppress(BadInstallation):
        load_settings(folder, {})


def test_the_tables_of_actions_are_shown_as_they_would_be_written() -> None:
    kinds = {name: kind.settings for name, kind in actions().items()}
    shown = [line[2:] for line in commented_toml("standard", kinds).splitlines()]
    written = [line for line in shown if re.match(r"\[actions\.|\w+ = ", line)]
    first = next(number for number, line in enumerate(written) if line.startswith("[actions."))
    tables = tomllib.loads("\n".join(written[first:]))["actions"]
    assert {name: msgspec.convert(tables[name], kind) for name, kind in kinds.items()} == {
        name: kind() for name, kind in kinds.items()
    }
