"""The table `[actions.sms]`."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Provider = Literal["", "aliyun", "tencent", "twilio"]


class SmsSettings(Struct, frozen=True, kw_only=True):
    """Text messages to buyers, through one provider."""

    provider: Annotated[
        Provider, Meta(description="Who sends: `aliyun`, `tencent` or `twilio`.")
    ] = ""
    key_id: Annotated[
        str,
        Meta(
            max_length=256,
            description="Aliyun's AccessKey ID, Tencent's SecretId, Twilio's Account SID.",
        ),
    ] = ""
    key_secret: Annotated[
        str,
        Meta(
            max_length=256,
            description="Aliyun's AccessKey Secret, Tencent's SecretKey, Twilio's Auth Token.",
        ),
    ] = ""
    app_id: Annotated[
        str, Meta(max_length=64, description="Tencent's SdkAppId of the SMS application.")
    ] = ""
    sign_name: Annotated[
        str,
        Meta(
            max_length=64,
            description="The approved signature, without its brackets (Aliyun, Tencent).",
        ),
    ] = ""
    sender: Annotated[
        str,
        Meta(
            max_length=64,
            description="Twilio's number that sends, as +4420…, or a Messaging Service, MG….",
        ),
    ] = ""
    templates: Annotated[
        dict[str, str],
        Meta(
            max_length=64,
            description="What is sent, by name: the code of an approved template (Aliyun, Tencent),"
            " or a text with {order} and {link} in it (Twilio). A step sends the one that it names"
            " as `template`, else `confirm`; NAME_en is taken for English, where there is one.",
        ),
    ] = {}
    variables: Annotated[
        dict[str, str],
        Meta(
            max_length=32,
            description="The variables of the templates, in their order, and what each holds:"
            " `order`, `link`, `link_tail` (the link without `link_start`), or a value of the"
            " step such as `code`.",
        ),
    ] = {}
    link_start: Annotated[
        str,
        Meta(
            max_length=256,
            description="What the approved template already says of the link, such as"
            " https://guard.example.com/x/ .",
        ),
    ] = ""
    country: Annotated[
        str,
        Meta(
            pattern="^[A-Z]{2}$",
            description="Where a number belongs that names no country: CN, GB.",
        ),
    ] = "CN"
    endpoint: Annotated[
        str,
        Meta(
            max_length=256,
            description="Another address of the provider, https://HOST; the default is right"
            " unless the account belongs to another region.",
        ),
    ] = ""
    seconds_max: Annotated[
        float, Meta(ge=0.1, le=300, description="Seconds that one try may take.")
    ] = 10.0
    parallel_max: Annotated[
        int, Meta(ge=1, le=64, description="Messages that may be under way at once.")
    ] = 4
