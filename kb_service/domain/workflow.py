"""The workflows as tables. Code only walks them: one step, or all actions open to somebody."""

from collections.abc import Collection
from dataclasses import dataclass

from kb_service.errors import Denied, Invalid, InvalidTransition


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a workflow table.

    ``by`` names the parts of which the actor must play one, ``never`` those of which none, ``needs`` what must come
    along, and ``when`` a condition the object must meet ("" for always).
    """

    action: str
    sources: tuple[str, ...]
    target: str
    by: tuple[str, ...]
    never: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    when: str = ""


CANDIDATE = (
    Rule("submit", ("draft", "returned"), "in_review", by=("author",)),
    Rule("claim", ("in_review",), "in_review", by=("reviewer",), never=("author",)),
    Rule("accept", ("in_review",), "accepted", by=("reviewer",), never=("author",), when="ordinary"),
    Rule("accept", ("in_review",), "in_signoff", by=("reviewer",), never=("author",), when="weighty"),
    Rule("sign_off", ("in_signoff",), "accepted", by=("group_head",), never=("author", "accepter")),
    Rule("send_back", ("in_review",), "returned", by=("reviewer",), never=("author",), needs=("reason",)),
    Rule("send_back", ("in_signoff",), "returned", by=("group_head",), never=("author",), needs=("reason",)),
    Rule("reject", ("in_review",), "rejected", by=("reviewer",), never=("author",), needs=("reason",)),
    Rule("reject", ("in_signoff",), "rejected", by=("group_head",), never=("author",), needs=("reason",)),
    Rule("withdraw", ("draft", "in_review", "returned"), "withdrawn", by=("author",)),
)

ARTICLE = (
    Rule("propose_retire", ("published",), "retiring", by=("writer",), needs=("reason",)),
    Rule("confirm_retire", ("retiring",), "retired", by=("reviewer",), never=("proposer",)),
    Rule("propose_restore", ("retired",), "restoring", by=("writer",), needs=("reason",)),
    Rule("confirm_restore", ("restoring",), "published", by=("reviewer",), never=("proposer",)),
    Rule("cancel", ("retiring",), "published", by=("proposer",)),
    Rule("cancel", ("restoring",), "retired", by=("proposer",)),
)

IMPORT = (
    Rule("map", ("uploaded", "mapped", "checked"), "mapped", by=("owner",)),
    Rule("check", ("uploaded", "mapped", "checked"), "checking", by=("owner",)),
    Rule("checked", ("checking",), "checked", by=("worker",)),
    Rule("run", ("uploaded", "mapped", "checked"), "running", by=("owner",)),
    Rule("done", ("running",), "done", by=("worker",)),
    Rule("fail", ("uploaded", "checking", "running"), "failed", by=("worker",)),
    Rule("abandon", ("uploaded", "mapped", "checking", "checked", "running"), "abandoned", by=("owner",)),
)

EDITABLE = ("draft", "returned")
"""States in which the author may change a candidate."""
FINDABLE = ("published", "retiring")
"""States in which an article is found."""
REASONS = ("duplicate", "not_general", "incorrect", "unsafe", "out_of_date", "other")
"""Reason codes of a rejection."""
NEEDED = {"reason": "请写明理由。"}


def states(rules: Collection[Rule]) -> frozenset[str]:
    """Every state a table names."""
    return frozenset(state for rule in rules for state in (*rule.sources, rule.target))


def step(
    rules: Collection[Rule],
    state: str,
    action: str,
    parts: Collection[str],
    *,
    when: str = "",
    given: Collection[str] = (),
) -> str:
    """The state after ``action``.

    ``parts`` are those the actor plays, ``when`` the condition the object meets, ``given`` what came along.
    Raises InvalidTransition where the table has no such step, Denied where it is not this actor's, Invalid where
    something needed is missing.
    """
    here = [rule for rule in rules if rule.action == action and state in rule.sources and rule.when in ("", when)]
    if not here:
        raise InvalidTransition(action=action, state=state)
    rule = next((rule for rule in here if _is_open(rule, parts)), None)
    if rule is None:
        raise Denied(action=action)
    missing = {name: NEEDED[name] for name in rule.needs if name not in given}
    if missing:
        raise Invalid(problems=missing)
    return rule.target


def allowed(rules: Collection[Rule], state: str, parts: Collection[str]) -> tuple[str, ...]:
    """The actions open to somebody who plays these parts, in the order of the table."""
    return tuple(dict.fromkeys(rule.action for rule in rules if state in rule.sources and _is_open(rule, parts)))


def _is_open(rule: Rule, parts: Collection[str]) -> bool:
    return any(part in parts for part in rule.by) and not any(part in parts for part in rule.never)
