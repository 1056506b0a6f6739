"""The library: its faults, and the rules that cannot fire."""

from collections import defaultdict
from collections.abc import Iterator

from orderguard.bilingual import Bilingual, both
from orderguard.commands.doctor.finding import FAULTS_SHOWN, Finding, Patient, fault, note
from orderguard.commands.rules import Why, rules_that_cannot_fire, silent_shops
from orderguard.errors import LibraryFaults
from orderguard.rules import check_library


def library(patient: Patient) -> Iterator[Finding]:
    folder = patient.installation.library_folder
    try:
        faults = check_library(patient.installation.library())
    except LibraryFaults as error:
        faults = error.faults
    for one in faults[:FAULTS_SHOWN]:
        place, command = f"{folder / one.file}:{one.line}", f"`orderguard rules check {folder}`"
        found = Bilingual(f"{place}: {one.message.en}.", f"{place}：{one.message.zh}。")
        mend = Bilingual(
            f"Correct it; {command} names all {len(faults)} faults.",
            f"请改正；{command} 列出全部 {len(faults)} 处错误。",
        )
        yield fault("library", found, mend)


def coverage(patient: Patient) -> Iterator[Finding]:
    """Not a fault: some channels never tell what a rule needs."""
    if patient.settings is None:
        return
    files = patient.installation.library()
    try:
        silent = rules_that_cannot_fire(patient.installation, files, patient.settings)
    except LibraryFaults:
        return  # Told by the library's own check.
    shops: dict[tuple[str, str, tuple[str, ...]], list[str]] = defaultdict(list)
    for one in silent:
        shops[one.channel, one.rule, one.lacks].append(one.shop)
    for (channel, rule, lacks), names in shops.items():
        first, more = f"{channel}/{names[0]}", len(names) - 1
        place = both(first)
        if more:
            place = Bilingual(f"{first} and {more} more", f"{first} 等 {more + 1} 家")
        found = Bilingual(
            f"{place.en}: {rule} cannot fire here: never told {', '.join(lacks)}.",
            f"{place.zh}：规则 {rule} 在这里不会命中：没有人提供 {'、'.join(lacks)}。",
        )
        mend = Bilingual(
            "Let the sender tell that too, if it can; else nothing watches this there.",
            "如果发送方能提供，请让它提供；否则那里没有人看管这一项。",
        )
        yield note("coverage", found, mend)
    for quiet in silent_shops(patient.installation):
        if quiet.why is Why.SPEAKS_OF_OTHERS:  # Of those never heard `senders` tells.
            yield Finding("coverage", quiet.said)
