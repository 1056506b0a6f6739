"""Rules made in the browser: the catalogue, drafts, publication by two people, and rollbacks."""

import asyncio

from fastapi import APIRouter, Depends, Response
from msgspec.structs import replace

from orderguard.api.access import RuleMaker, SignedIn, signed_in
from orderguard.api.answers import answer
from orderguard.api.context import Context, Given
from orderguard.api.library import library_of, publish
from orderguard.api.reader import Reader
from orderguard.api.rulebook_json import book_json, catalogue_json, operand_json, row_json
from orderguard.api.rulebook_reading import (
    conditions_checked,
    features_of,
    parsed_json,
    printed_cards,
    read_rule_text,
    with_features,
)
from orderguard.api.rulebook_shapes import (
    Book,
    Catalogue,
    DraftAsked,
    NewValueAsked,
    NewValueTold,
    ParseAsked,
    Parsed,
    PrintAsked,
    PublishAsked,
    RollbackAsked,
    Rows,
    TestsRun,
)
from orderguard.bilingual import Bilingual
from orderguard.domain.accounts import Account
from orderguard.domain.entries import RuleDrafted
from orderguard.domain.library import FeatureKind
from orderguard.domain.wording import RuleStatus
from orderguard.errors import BadInput, NotAllowed, NotFound
from orderguard.flows.rulebook import (
    author_of,
    file_of,
    names_a_rule,
    status_of,
    with_draft,
    with_status,
)
from orderguard.rules import (
    EVERYTHING,
    OWN_PACK,
    NewValue,
    all_rules,
    load_library,
    names_of,
    new_feature,
    run_rule_tests,
    suggest_tests,
    write_feature,
    write_rule,
)
from orderguard.rules.syntax import is_name_part

router = APIRouter(tags=["rules"], dependencies=[Depends(signed_in)])


@router.get("/rulebook", response_model=Rows)
async def list_rulebook(context: Given) -> Response:
    """Every rule over orders, drafts and retired ones included, with how it has done."""
    library, tables = library_of(context), context.live.fold.tables
    rules = {rule.id: rule for rule in await asyncio.to_thread(all_rules, library.files)}
    files = library.files
    for rule_id, draft in tables.drafts.items():
        if names_a_rule(rule_id):
            files = with_draft(files, draft, RuleStatus.DRAFT)
    proposed = {
        rule.id: rule
        for rule in await asyncio.to_thread(all_rules, files)
        if tables.drafts.get(rule.id) is not None
    }
    new = [rule for rule in proposed.values() if rule.id not in rules]
    rows = [row_json(context, one, proposed.get(one.id)) for one in (*rules.values(), *new)]
    return answer({"items": rows, "next_cursor": None})


@router.get("/rulebook/catalogue", response_model=Catalogue)
async def get_catalogue(context: Given) -> Response:
    """What conditions may name."""
    files = library_of(context).files
    features = await asyncio.to_thread(features_of, files, {})
    return answer(catalogue_json(context, features, all_rules(files)))


@router.post("/rulebook/parse", response_model=Parsed)
async def parse_condition(context: Given, reader: Reader, asked: ParseAsked) -> Response:
    """A condition as form cards, with all that is wrong with it."""
    features = await asyncio.to_thread(features_of, library_of(context).files, asked.features)
    return answer(parsed_json(asked.text, names_of(features), reader))


@router.post("/rulebook/print", response_model=Parsed)
async def print_cards(context: Given, reader: Reader, asked: PrintAsked) -> Response:
    """Form cards as the text of their condition."""
    features = await asyncio.to_thread(features_of, library_of(context).files, {})
    return answer(parsed_json(printed_cards(asked.cards), names_of(features), reader))


@router.post("/rulebook/values", response_model=NewValueTold)
async def describe_value(context: Given, asked: NewValueAsked) -> Response:
    """A value that no pack computes yet, named and titled by what it is."""
    value = NewValue(
        kind=FeatureKind(asked.kind), by=tuple(asked.by), window_ms=asked.window_ms, of=asked.of
    )
    feature = new_feature(value)
    lines = write_feature(feature)
    files = library_of(context).files
    features = await asyncio.to_thread(features_of, files, {feature.id: lines})
    return answer({"operand": operand_json(context, feature.id, features, {}), "lines": lines})


@router.get("/rulebook/{rule_id}", response_model=Book)
async def get_book(context: Given, account: SignedIn, rule_id: str) -> Response:
    """A rule to be worked on, or only looked at."""
    return answer(await _book(context, account, rule_id))


@router.put("/rules/{rule_id}", response_model=Book)
async def draft_rule(
    context: Given, account: RuleMaker, rule_id: str, asked: DraftAsked
) -> Response:
    """Propose a rule, or a change of one. Nothing judges by it before it is published."""
    _require_rule(rule_id)
    library = library_of(context)
    if file_of(rule_id) not in library.files and not _is_own(rule_id):
        raise BadInput(
            Bilingual(
                f"`{rule_id[:80]}` is no name for a rule of your own.",
                f"`{rule_id[:80]}` 不能用作自建规则的名称。",
            ),
            hint=Bilingual(
                f"Write {OWN_PACK}. and lower-case words: {OWN_PACK}.doorstep_burst.",
                f"请写 {OWN_PACK}. 加小写单词：{OWN_PACK}.doorstep_burst。",
            ),
        )
    files = await asyncio.to_thread(with_features, library.files, asked.features)
    text = read_rule_text(asked.text)
    names = names_of(await asyncio.to_thread(features_of, files, {}))
    conditions_checked(text, names)
    if not text.tests:
        text = replace(text, tests=suggest_tests(text.when, names))
    written = write_rule(rule_id, RuleStatus.DRAFT, text)
    draft = RuleDrafted(
        received_ms=0,
        by=account.name,
        rule=rule_id,
        text=written,
        features={name: lines for name, lines in asked.features.items() if lines},
    )
    # In a thread, as intake must not wait while some forty files are read.
    changed = with_draft(library.files, draft, RuleStatus.DRAFT)
    await asyncio.to_thread(load_library, changed, preset=EVERYTHING)
    await context.live.note(draft)
    return answer(await _book(context, account, rule_id))


@router.delete("/rules/{rule_id}/draft", status_code=204)
async def drop_draft(context: Given, account: RuleMaker, rule_id: str) -> Response:
    """Take a draft away; what judges stays as it is."""
    _require_rule(rule_id)
    if context.live.fold.tables.drafts.get(rule_id) is None:
        raise NotFound(Bilingual("The rule has no draft.", "这条规则没有草稿。"))
    await context.live.note(RuleDrafted(received_ms=0, by=account.name, rule=rule_id, on=False))
    return Response(status_code=204)


@router.post("/rules/{rule_id}/publish", response_model=Book)
async def publish_rule(
    context: Given, account: RuleMaker, rule_id: str, asked: PublishAsked
) -> Response:
    """Let a rule judge in shadow, live, or no more. In force when this answers.

    What somebody wrote is let live by somebody else, and a new rule was in shadow before.
    """
    _require_rule(rule_id)
    library, tables = library_of(context), context.live.fold.tables
    draft, now = tables.drafts.get(rule_id), library.files.get(file_of(rule_id))
    if draft is None and now is None:
        raise NotFound(Bilingual("There is no such rule.", "没有这条规则。"))
    status = RuleStatus(asked.to)
    if status is RuleStatus.LIVE:
        if now is None or status_of(now) not in (RuleStatus.SHADOW, RuleStatus.LIVE):
            raise BadInput(
                Bilingual(
                    "A rule is in shadow before it goes live.", "规则要先影子运行，才能上线。"
                ),
                hint=Bilingual(
                    "Publish it in shadow, look at its hits, then have it approved.",
                    "请先发布为影子运行，看过命中，再请人批准。",
                ),
            )
        if author_of(tables, rule_id) == account.name:
            raise NotAllowed(
                Bilingual("Who wrote a rule does not approve it.", "规则不能由修改它的人批准。"),
                hint=Bilingual(
                    "Ask somebody else who may change rules to approve it.",
                    "请让另一位可以修改规则的人批准。",
                ),
            )
    if draft is None or status is RuleStatus.RETIRED:
        if now is None:
            raise BadInput(
                Bilingual("A draft does not judge.", "草稿本来就不参与判断。"),
                hint=Bilingual("Take the draft away instead.", "请改为删除草稿。"),
            )
        files = {**library.files, file_of(rule_id): with_status(now, status)}
    else:
        files = with_draft(library.files, draft, status)
    await publish(context, library, files, account)
    return answer(await _book(context, account, rule_id))


@router.post("/rules/{rule_id}/rollback", response_model=Book)
async def roll_back(
    context: Given, account: RuleMaker, rule_id: str, asked: RollbackAsked
) -> Response:
    """Let a former version of a rule judge again, as it did then; a draft stays a draft."""
    _require_rule(rule_id)
    library = library_of(context)
    versions = context.live.fold.tables.rule_histories.get(rule_id) or ()
    found = next((one for one in versions if one.number == asked.version), None)
    if found is None or found.text is None:
        raise NotFound(Bilingual("The rule has no such version.", "规则没有这个版本。"))
    files = {**library.files, file_of(rule_id): found.text}
    await publish(context, library, files, account)
    return answer(await _book(context, account, rule_id))


@router.post("/rulebook/{rule_id}/tests", response_model=TestsRun)
async def run_tests(context: Given, rule_id: str, asked: DraftAsked) -> Response:
    """What the tests of a rule come to, as it is proposed."""
    library = library_of(context)
    files = await asyncio.to_thread(with_features, library.files, asked.features)
    text = read_rule_text(asked.text)
    conditions_checked(text, names_of(await asyncio.to_thread(features_of, files, {})))
    files = {**files, file_of(rule_id): write_rule(rule_id, RuleStatus.DRAFT, text)}
    loaded = await asyncio.to_thread(load_library, files, preset=EVERYTHING)
    return answer(
        {
            "items": [
                {
                    "name": one.test,
                    "expects_hit": one.expects_hit,
                    "hit": one.severity is not None,
                    "severity": one.severity,
                    "passed": one.passed,
                }
                for one in run_rule_tests(loaded)
                if one.rule == rule_id
            ]
        }
    )


async def _book(context: Context, account: Account, rule_id: str) -> object:
    library, tables = library_of(context), context.live.fold.tables
    draft = tables.drafts.get(rule_id)
    files = library.files
    if draft is not None:
        files = with_draft(files, draft, RuleStatus.DRAFT)
    rules = await asyncio.to_thread(all_rules, files)
    rule = next((one for one in rules if one.id == rule_id), None)
    if rule is None:
        raise NotFound(Bilingual("There is no such rule over orders.", "没有这条订单规则。"))
    return book_json(context, account, rule, files[file_of(rule_id)], library)


def _require_rule(rule_id: str) -> None:
    """Raise NotFound for other files of the library: they are changed in other ways."""
    if not names_a_rule(rule_id):
        raise NotFound(Bilingual("There is no such rule over orders.", "没有这条订单规则。"))


def _is_own(rule_id: str) -> bool:
    pack, _, name = rule_id.partition(".")
    return pack == OWN_PACK and is_name_part(name) and name != "features"
