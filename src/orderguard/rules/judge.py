"""Checked rules and conditions to Python functions."""

import builtins
from collections.abc import Collection, Sequence
from textwrap import indent
from typing import Any, Protocol, cast

from orderguard.domain.alerts import FeatureValue
from orderguard.domain.facts import Fact
from orderguard.domain.library import Rule
from orderguard.errors import Fault, LibraryFaults
from orderguard.rules.check import check
from orderguard.rules.generate import MARGIN, Generator, words
from orderguard.rules.tree import Tree, references
from orderguard.rules.vocabulary import Names


class Judge(Protocol):
    """All rules of a library as one function, with the source that an engineer may read."""

    source: str

    def __call__(self, fact: Fact, values: Sequence[FeatureValue], /) -> list[tuple[int, int]]:
        """(rule index, severity rank) of each rule that certainly hits."""
        ...


class Condition(Protocol):
    """One condition as a function.

    `members` are the fields of Fact that it reads, `features` the places of the values.
    """

    source: str
    members: frozenset[str]
    features: frozenset[int]

    def __call__(self, fact: Fact, values: Sequence[FeatureValue], /) -> bool: ...


def compile_rules(
    rules: Sequence[Rule], names: Names, *, only: Collection[str] | None = None
) -> Judge:
    """One function for all rules, or for those with these ids.

    A rule's severity is the highest whose condition holds.
    """
    generator = Generator(names)
    trees: list[Tree] = []
    body: list[str] = []
    for index, rule in enumerate(rules):
        if only is not None and rule.id not in only:
            continue
        when = _checked(rule.id, rule.when, names)
        trees.append(when)
        body.append(f"# {'.'.join(words(rule.id))}")
        body += [f"if {generator.certainly(when)}:", f"{MARGIN}severity = {rule.severity.rank:d}"]
        for step in sorted(rule.raises, key=lambda step: step.to.rank):
            raised = _checked(rule.id, step.when, names)
            trees.append(raised)
            block = f"if {generator.certainly(raised)}:\n{MARGIN}severity = {step.to.rank:d}"
            body.append(indent(block, MARGIN))
        body.append(f"{MARGIN}hits.append(({index:d}, severity))")
    lines = [*generator.loads(trees), "hits = []", *body, "return hits"]
    function = _compile("judge", lines, generator.constants)
    return cast("Judge", function)


def compile_condition(text: str, names: Names) -> Condition:
    """One condition, such as a feature's `where`."""
    tree = _checked("condition", text, names)
    generator = Generator(names)
    holds = generator.certainly(tree)
    function = _compile(
        "condition", [*generator.loads([tree]), f"return {holds}"], generator.constants
    )
    places = {names[reference.name].place for reference in references(tree)}
    function.members = frozenset(place for place in places if isinstance(place, str))
    function.features = frozenset(place for place in places if isinstance(place, int))
    return cast("Condition", function)


def _checked(owner: str, text: str, names: Names) -> Tree:
    condition = check(text, names)
    if condition.problems:
        faults = (
            Fault(owner, 1, problem.at + 1, problem.message) for problem in condition.problems
        )
        raise LibraryFaults(tuple(faults))
    return condition.tree


def _compile(name: str, lines: list[str], constants: dict[str, Any]) -> Any:
    """The function of these lines, which sees its arguments and constants and no built-in."""
    notes = [f"# {constant} = {value!r}" for constant, value in constants.items()]
    body = indent("\n".join(lines), MARGIN)
    source = "\n".join([*notes, f"def {name}(f, v):", body, ""])
    namespace: dict[str, Any] = {"__builtins__": {}, **constants}
    code = builtins.compile(source, f"<{name}>", "exec", dont_inherit=True)
    exec(code, namespace)  # noqa: S102 - the generator emits from checked trees alone
    function = namespace[name]
    function.source = source
    return function
