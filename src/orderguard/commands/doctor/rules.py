"""The library: its faults, and the rules that cannot fire."""

from collections import defaultdict
from collections.abc import Iterator

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
        mend = f"Correct it; `orderguard rules check {folder}` names all {len(faults)} faults."
        yield fault("library", f"{folder / one.file}:{one.line}: {one.message}.", mend)


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
        others = f" and {len(names) - 1} more" if len(names) > 1 else ""
        place, told = f"{channel}/{names[0]}{others}", ", ".join(lacks)
        found = f"{place}: {rule} cannot fire here: never told {told}."
        mend = "Let the sender tell that too, if it can; else nothing watches this there."
        yield note("coverage", found, mend)
    for quiet in silent_shops(patient.installation):
        if quiet.why is Why.SPEAKS_OF_OTHERS:  # Of those never heard `senders` tells.
            yield Finding("coverage", str(quiet))
