import json
import re
import stat
from contextlib import closing
from pathlib import Path

import pytest
from tests.commands.conftest import Command

from orderguard.app import Installation, channel
from orderguard.channels.shopify.signer import sign
from orderguard.domain.ports import RawMessage, ShopConfig
from orderguard.errors import SignatureMismatch


def add(og: Command, folder: Path, name: str, *more: str, status: int = 0) -> str:
    more = more or ("--channel", "standard")
    result = og("shop", "add", name, *more, "--data", str(folder), "--json", status=status)
    return result.stdout or result.stderr


def shops(folder: Path) -> dict[str, ShopConfig]:
    with closing(Installation(folder).open_control()) as control:
        return {shop.shop: shop for shop in control.all()}


def test_a_new_shop_has_a_path_and_a_secret_of_its_channel(og: Command, folder: Path) -> None:
    told = json.loads(add(og, folder, "demo"))
    assert told["secret"].startswith("whsec_")
    assert told == {
        "shop": "demo",
        "channel": "standard",
        "webhook": "/webhooks/standard/demo",
        "secret": told["secret"],
    }
    assert shops(folder)["demo"].secrets == (told["secret"],)


def test_people_read_the_same_without_json(og: Command, folder: Path) -> None:
    said = og("shop", "add", "demo", "--channel", "standard", "--data", str(folder)).stdout
    assert re.fullmatch(r"webhook  /webhooks/standard/demo\nsecret   whsec_\S+\n", said)


def test_a_given_secret_and_settings_are_kept(og: Command, folder: Path) -> None:
    given = ("--channel", "shopify", "--secret", "s3cret")
    told = json.loads(add(og, folder, "uk", *given))
    shop = shops(folder)["uk"]
    assert shop.secrets == (told["secret"],) == ("s3cret",)
    assert shop.settings == {}


def test_a_connection_that_is_switched_off_lacks_nothing(og: Command, folder: Path) -> None:
    key = ("--channel", "tmall", "--set", "app_key=1", "--set", "app_secret=s")
    add(og, folder, "off", *key, "--set", "tmc_url=off")
    told = json.loads(og("shop", "test", "off", "--data", str(folder), "--json").stdout)["items"]
    (feed,) = [one for one in told if one["what"] == "feed"]
    assert feed["state"] == "ok"
    assert "switched off by the shop's settings" in feed["said"]


def test_nothing_secret_stands_in_the_file(og: Command, folder: Path) -> None:
    given = ("--channel", "shopify", "--secret", "very-secret")
    add(og, folder, "uk", *given)
    written = b"".join(path.read_bytes() for path in folder.glob("control.db*"))
    assert b"uk" in written
    assert b"secret" not in written.replace(b"sealed", b"")
    assert all(stat.S_IMODE(p.stat().st_mode) == 0o600 for p in folder.glob("control.db*"))


def test_a_name_in_chinese_has_a_path_that_can_be_called(og: Command, folder: Path) -> None:
    told = json.loads(add(og, folder, "旗舰店"))
    assert told["webhook"] == "/webhooks/standard/%E6%97%97%E8%88%B0%E5%BA%97"


@pytest.mark.parametrize(
    ("name", "more", "told"),
    [
        ("demo", ("--channel", "nowhere"), "Unknown channel nowhere. There are "),
        ("a/b", (), "is no name"),
        ("..", (), "is no name"),
        ("a b", (), "is no name"),
        ("x" * 65, (), "is no name"),
        ("demo", ("--channel", "standard", "--secret", "not base64!"), "must be base64"),
        ("demo", ("--channel", "shopify", "--secret", " x"), "spaces around it"),
        ("demo", ("--channel", "shopify", "--secret", ""), "must have 1 to 8192"),
        ("demo", ("--channel", "standard", "--set", "token"), "Write --set KEY=VALUE"),
        ("demo", ("--channel", "standard", "--set", "token=x"), "has no setting `token`"),
    ],
)
def test_what_cannot_be_a_shop_is_refused(
    og: Command, folder: Path, name: str, more: tuple[str, ...], told: str
) -> None:
    assert told in add(og, folder, name, *more, status=2)
    assert shops(folder) == {}


def test_a_second_shop_of_the_name_is_refused_and_shown_the_way(og: Command, folder: Path) -> None:
    secret = json.loads(add(og, folder, "demo"))["secret"]
    assert "`orderguard shop rotate-secret demo --channel standard`" in add(
        og, folder, "demo", status=2
    )
    assert shops(folder)["demo"].secrets == (secret,)
    add(og, folder, "demo", "--channel", "shopify")


def test_after_a_rotation_both_secrets_sign_and_after_two_the_first_no_longer(
    og: Command, folder: Path
) -> None:
    secrets = [json.loads(add(og, folder, "demo", "--channel", "shopify"))["secret"]]
    rotate = (
        "shop",
        "rotate-secret",
        "demo",
        "--channel",
        "shopify",
        "--data",
        str(folder),
        "--json",
    )
    secrets.append(json.loads(og(*rotate).stdout)["secret"])
    assert shops(folder)["demo"].secrets == (secrets[1], secrets[0])
    secrets.append(json.loads(og(*rotate, "--secret", "third").stdout)["secret"])
    assert shops(folder)["demo"].secrets == ("third", secrets[1])
    og(*rotate, "--secret", "third")
    assert shops(folder)["demo"].secrets == ("third", secrets[1])


def test_only_a_shop_that_is_there_can_be_rotated(og: Command, folder: Path) -> None:
    rotate = ("shop", "rotate-secret", "demo", "--channel", "standard", "--data", str(folder))
    assert "There is no shop demo on standard" in og(*rotate, status=2).stderr


def test_a_list_of_shops_tells_no_secret(og: Command, folder: Path) -> None:
    add(og, folder, "uk", "--channel", "shopify")
    secret = json.loads(add(og, folder, "demo"))["secret"]
    said = og("shop", "list", "--data", str(folder), "--json").stdout
    names = [(one["shop"], one["secrets"], one["settings"]) for one in json.loads(said)["items"]]
    assert names == [("uk", 1, []), ("demo", 1, [])]
    for text in (said, og("shop", "list", "--data", str(folder)).stdout):
        assert "/webhooks/shopify/uk" in text
        assert secret not in text
        assert "abc" not in text


def test_what_a_command_added_verifies_signatures(og: Command, folder: Path) -> None:
    secret = json.loads(add(og, folder, "uk", "--channel", "shopify"))["secret"]
    shop, shopify = shops(folder)["uk"], channel("shopify")
    shopify.verify(RawMessage(sign(b"{}", secret, 0), "", b"{}"), shop, 0)
    with pytest.raises(SignatureMismatch):
        shopify.verify(RawMessage(sign(b"{}", "another", 0), "", b"{}"), shop, 0)


def test_a_folder_without_an_installation_is_named(tmp_path: Path, og: Command) -> None:
    told = og("shop", "list", "--data", str(tmp_path / "none"), status=2).stderr
    assert f"`orderguard init --data {tmp_path}/none`" in told


def test_a_lost_file_is_not_made_anew(og: Command, folder: Path) -> None:
    (folder / "control.db").unlink()
    told = og("shop", "list", "--data", str(folder), status=2).stderr
    assert "Restore it from a backup" in told
    assert not (folder / "control.db").exists()
