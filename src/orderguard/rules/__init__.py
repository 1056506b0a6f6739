"""Parse, check, compile, test and explain rules.

Conditions are written in a subset of CEL (https://cel.dev):

    condition   test { "&&" test } | test { "||" test } | "!" condition | "(" condition ")"
    test        value ("<" | "<=" | "==" | "!=" | ">=" | ">") value
                value "in" "[" literal { "," literal } "]"
                name ("==" | "!=") "null"
                value "." ("startsWith" | "endsWith" | "contains") "(" value ")"
                name of something true or false
    value       name | literal | value ("+" | "-" | "*" | "/") value | "-" value
    literal     5 | 0.25 | 1e3 | "text" | 'text' | true | false
    name        one or two lower-case words: buyer.orders_10m

There is nothing else: no other function, no index, no macro, no list or map but to the right of
`in`, no `%`, no `? :`. Names are members of facts and features; their types are whole number,
number, amount, text, and true or false. What the subset makes of CEL's meaning:

- A missing value is a CEL error: `&&` and `||` absorb it when the other side decides, and a rule
  hits only when its condition is certainly true. `name == null` asks whether the value is missing
  and is never an error itself.
- Numbers compare by value whatever their type. Where CEL wants `double(x)` to mix a whole number
  with a fraction, the subset converts by itself; two whole numbers cannot be divided, since CEL
  would drop the fraction.
- A number divided by zero is an error, for fractions too.
- Amounts are decimals. A literal beside an amount is the decimal that is written, so
  `order.amount >= 0.97 * 999.0` is exact. Amounts compare with any number, are added to amounts,
  and are multiplied and divided by literals and whole numbers.
- Texts are equal or not, and have no order.
"""

from orderguard.rules.cards import Cards, CardTest, Cel, Group, cards, printed
from orderguard.rules.check import check
from orderguard.rules.explain import (
    Explained,
    Threshold,
    explain,
    explain_fault,
    names_used,
    thresholds,
)
from orderguard.rules.judge import Condition, Judge, compile_condition, compile_rules
from orderguard.rules.load import (
    EVERYTHING,
    all_features,
    all_playbooks,
    all_rules,
    check_library,
    load_library,
    with_needed,
)
from orderguard.rules.playbook_text import (
    PlaybookText,
    places_of,
    read_playbook_text,
    write_playbook,
)
from orderguard.rules.proof import RuleTestResult, run_rule_tests
from orderguard.rules.rule_file import OWN_PACK, version_of
from orderguard.rules.vocabulary import FACT_NAMES, NUMERIC, Name, Names, ValueType, names_of
from orderguard.rules.write import (
    NewValue,
    RuleText,
    new_feature,
    read_text,
    suggest_tests,
    write_feature,
    write_rule,
)

__all__ = [
    "EVERYTHING",
    "FACT_NAMES",
    "NUMERIC",
    "OWN_PACK",
    "CardTest",
    "Cards",
    "Cel",
    "Condition",
    "Explained",
    "Group",
    "Judge",
    "Name",
    "Names",
    "NewValue",
    "PlaybookText",
    "RuleTestResult",
    "RuleText",
    "Threshold",
    "ValueType",
    "all_features",
    "all_playbooks",
    "all_rules",
    "cards",
    "check",
    "check_library",
    "compile_condition",
    "compile_rules",
    "explain",
    "explain_fault",
    "load_library",
    "names_of",
    "names_used",
    "new_feature",
    "places_of",
    "printed",
    "read_playbook_text",
    "read_text",
    "run_rule_tests",
    "suggest_tests",
    "thresholds",
    "version_of",
    "with_needed",
    "write_feature",
    "write_playbook",
    "write_rule",
]
