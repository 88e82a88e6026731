"""Every step of the workflow tables against the tables as they are written down, and the rule of four eyes."""

from collections.abc import Iterator
from itertools import combinations

import pytest

from kb_service.bootstrap import KnowledgeBase
from kb_service.domain.article import Revision
from kb_service.domain.candidate import Candidate, Review
from kb_service.domain.workflow import ARTICLE, CANDIDATE, IMPORT, Rule, allowed, states, step
from kb_service.errors import Conflict, Denied, Invalid, InvalidTransition, StaleEdit
from tests.base import actor
from tests.kb_service.making import contents, count, faq, imported, published, solution, submitted

CANDIDATE_TABLE = """
submit           draft returned              in_review  author                    -
claim            in_review                   in_review  reviewer                  author
accept/ordinary  in_review                   accepted   reviewer                  author
accept/weighty   in_review                   in_signoff reviewer                  author
sign_off         in_signoff                  accepted   group_head                author,accepter
send_back!       in_review                   returned   reviewer                  author
send_back!       in_signoff                  returned   group_head                author
reject!          in_review                   rejected   reviewer                  author
reject!          in_signoff                  rejected   group_head                author
withdraw         draft in_review returned    withdrawn  author                    -
"""
ARTICLE_TABLE = """
propose_retire!  published  retiring   writer    -
confirm_retire   retiring   retired    reviewer  proposer
propose_restore! retired    restoring  writer    -
confirm_restore  restoring  published  reviewer  proposer
cancel           retiring   published  proposer  -
cancel           restoring  retired    proposer  -
"""
IMPORT_TABLE = """
map      uploaded mapped checked                    mapped    owner  -
check    uploaded mapped checked                    checking  owner  -
checked  checking                                   checked   worker -
run      uploaded mapped checked                    running   owner  -
done     running                                    done      worker -
fail     uploaded checking running                  failed    worker -
abandon  uploaded mapped checking checked running   abandoned owner  -
"""
Line = tuple[str, str, bool, tuple[str, ...], str, str, frozenset[str]]


def lines(table: str) -> list[Line]:
    """Action, condition, whether it needs a reason, from, to, who may, who never may."""
    found: list[Line] = []
    for row in table.strip().splitlines():
        named, *sources, target, by, never = row.split()
        action, _, when = named.rstrip("!").partition("/")
        barred = frozenset(never.split(",")) - {"-"}
        found.append((action, when, named.endswith("!"), tuple(sources), target, by, barred))
    return found


def cases() -> Iterator[tuple[tuple[Rule, ...], list[Line], str, str, str, frozenset[str]]]:
    for rules, text in ((CANDIDATE, CANDIDATE_TABLE), (ARTICLE, ARTICLE_TABLE), (IMPORT, IMPORT_TABLE)):
        table = lines(text)
        parts = sorted({line[5] for line in table} | {one for line in table for one in line[6]})
        for state in sorted({state for line in table for state in (*line[3], line[4])}):
            for action in sorted({line[0] for line in table}):
                for when in ("ordinary", "weighty"):
                    for size in range(len(parts) + 1):
                        for played in combinations(parts, size):
                            yield rules, table, state, action, when, frozenset(played)


def test_every_step_of_every_table_is_as_written() -> None:
    for rules, table, state, action, when, parts in cases():
        case = (state, action, when, sorted(parts))
        here = [line for line in table if line[0] == action and state in line[3] and line[1] in ("", when)]
        line = next((line for line in here if line[5] in parts and not line[6] & parts), None)
        assert (action in allowed(rules, state, parts)) == any(
            one[0] == action and state in one[3] and one[5] in parts and not one[6] & parts for one in table
        ), case
        if line is None:
            with pytest.raises(Denied if here else InvalidTransition):
                step(rules, state, action, parts, when=when, given=("reason",))
            continue
        assert step(rules, state, action, parts, when=when, given=("reason",)) == line[4], case
        if line[2]:
            with pytest.raises(Invalid):
                step(rules, state, action, parts, when=when)


@pytest.mark.parametrize(("rules", "table"), [(CANDIDATE, CANDIDATE_TABLE), (ARTICLE, ARTICLE_TABLE)])
def test_the_tables_name_the_same_states(rules: tuple[Rule, ...], table: str) -> None:
    assert states(rules) == {state for line in lines(table) for state in (*line[3], line[4])}


def test_no_author_decides_on_his_own_candidate_however_many_roles_he_has(kb: KnowledgeBase) -> None:
    roles = [(role, "总局") for role in ("expert", "reviewer", "group_head", "manager")]
    kb.people.add(kb.people.local(), username="all", name="全", organisation="甲省局", roles=roles)
    everything, reviewer = actor(kb, "all"), actor(kb, "reviewer_hq")
    waiting = submitted(kb, everything, solution())
    assert set(waiting.actions) == {"withdraw"}
    for decide in (kb.reviews.claim, kb.reviews.accept):
        with pytest.raises(Denied):
            decide(everything, waiting.id, seen_version=waiting.version)
    for decide in (kb.reviews.send_back, kb.reviews.reject):
        with pytest.raises(Denied):
            decide(everything, waiting.id, seen_version=waiting.version, reason="other")
    accepted = kb.reviews.accept(reviewer, waiting.id, seen_version=waiting.version)
    assert accepted.state == "in_signoff"
    with pytest.raises(Denied):
        kb.reviews.sign_off(everything, waiting.id, seen_version=accepted.version)


def test_the_local_operator_decides_on_nothing(kb: KnowledgeBase) -> None:
    local = kb.people.local()
    own = submitted(kb, local, solution())
    others = submitted(kb, actor(kb, "expert"), solution())
    batch = imported(kb, local, [faq("1", "怎么重启")])
    for one in (own, others):
        with pytest.raises(Denied):
            kb.reviews.accept(local, one.id, seen_version=one.version)
    with pytest.raises(Denied):
        kb.reviews.accept_import(local, batch.id)


def test_what_holds_for_all_or_for_few_takes_a_second_signature_by_a_third_person(kb: KnowledgeBase) -> None:
    root = kb.people.organisations(kb.people.local())[0].id
    both = [("reviewer", "总局"), ("group_head", "总局")]
    kb.people.add(kb.people.local(), username="both", name="二", organisation="总局", roles=both)
    for article in (solution(scope=root), solution(audience="restricted", restricted_to=(root,))):
        waiting = submitted(kb, actor(kb, "expert"), article)
        accepted = kb.reviews.accept(actor(kb, "both"), waiting.id, seen_version=waiting.version)
        assert (accepted.state, accepted.article) == ("in_signoff", "")
        with pytest.raises(Denied):
            kb.reviews.sign_off(actor(kb, "both"), waiting.id, seen_version=accepted.version)
        signed = kb.reviews.sign_off(actor(kb, "head"), waiting.id, seen_version=accepted.version)
        assert (signed.state, bool(signed.article)) == ("accepted", True)


def test_acceptance_is_bound_to_the_version_that_was_read(kb: KnowledgeBase) -> None:
    expert, reviewer = actor(kb, "expert"), actor(kb, "reviewer")
    read = submitted(kb, expert, solution())
    returned = kb.reviews.send_back(reviewer, read.id, seen_version=read.version, reason="补充环境")
    edited = kb.candidates.edit(expert, read.id, solution("悄悄换掉的"), seen_version=returned.version)
    kb.candidates.submit(expert, read.id, seen_version=edited.version)
    with pytest.raises(StaleEdit):
        kb.reviews.accept(reviewer, read.id, seen_version=read.version)
    assert count(kb, Revision) == 0


def test_the_loser_of_two_edits_gets_both_texts(kb: KnowledgeBase) -> None:
    expert = actor(kb, "expert")
    draft = kb.candidates.create(expert, solution())
    kb.candidates.edit(expert, draft.id, solution("先到"), seen_version=draft.version)
    with pytest.raises(StaleEdit) as stale:
        kb.candidates.edit(expert, draft.id, solution("后到"), seen_version=draft.version)
    assert stale.value.detail["yours"]["title"] == "后到"
    assert stale.value.detail["theirs"]["title"] == "先到"


def test_when_the_article_moved_accepting_changes_nothing_and_the_author_can_catch_up(kb: KnowledgeBase) -> None:
    number = published(kb, solution())
    expert, reviewer = actor(kb, "expert"), actor(kb, "reviewer")
    first = kb.candidates.revise(expert, number)
    with pytest.raises(Conflict):
        kb.candidates.revise(actor(kb, "manager"), number)
    second = _second_revision(kb, first.id)
    for one, text in ((first.id, "第一份"), (second, "第二份")):
        edited = kb.candidates.edit(expert, one, solution(text), seen_version=kb.candidates.get(expert, one).version)
        kb.candidates.submit(expert, one, seen_version=edited.version)
    kb.reviews.accept(reviewer, first.id, seen_version=kb.candidates.get(reviewer, first.id).version)
    before = contents(kb)
    with pytest.raises(StaleEdit):
        kb.reviews.accept(reviewer, second, seen_version=kb.candidates.get(reviewer, second).version)
    assert contents(kb) == before
    assert kb.articles.get(expert, number).title == "第一份"
    seen = kb.candidates.get(reviewer, second).version
    returned = kb.reviews.send_back(reviewer, second, seen_version=seen, reason="已有新版本")
    edited = kb.candidates.edit(expert, second, solution("两份合一"), seen_version=returned.version)
    assert edited.base_revision == 2
    waiting = kb.candidates.submit(expert, second, seen_version=edited.version)
    kb.reviews.accept(reviewer, second, seen_version=waiting.version)
    assert kb.articles.get(expert, number).title == "两份合一"


def _second_revision(kb: KnowledgeBase, first: int) -> int:
    """Another draft from the same live text, as two imports or an older program may leave behind."""
    with kb.database.begin() as tx:
        one = tx.session.get_one(Candidate, first)
        names = [column.key for column in Candidate.__table__.columns if column.key != "id"]
        twin = tx.add(Candidate(**{name: getattr(one, name) for name in names}))
        tx.session.flush()
        return twin.id


def test_a_rejection_needs_a_known_reason_and_a_return_a_written_one(kb: KnowledgeBase) -> None:
    waiting = submitted(kb, actor(kb, "expert"), solution())
    reviewer = actor(kb, "reviewer")
    for reason in ("", "because"):
        with pytest.raises(Invalid):
            kb.reviews.reject(reviewer, waiting.id, seen_version=waiting.version, reason=reason)
    with pytest.raises(Invalid):
        kb.reviews.send_back(reviewer, waiting.id, seen_version=waiting.version, reason="  ")
    rejected = kb.reviews.reject(reviewer, waiting.id, seen_version=waiting.version, reason="duplicate", comment="见")
    assert [(one.decision, one.reason, one.comment) for one in rejected.reviews] == [("reject", "duplicate", "见")]
    assert count(kb, Review) == 1


def test_a_text_under_review_cannot_be_edited(kb: KnowledgeBase) -> None:
    expert = actor(kb, "expert")
    waiting = submitted(kb, expert, solution())
    with pytest.raises(Conflict):
        kb.candidates.edit(expert, waiting.id, solution("改"), seen_version=waiting.version)
    with pytest.raises(Denied):
        kb.candidates.edit(actor(kb, "reviewer"), waiting.id, solution("改"), seen_version=waiting.version)


def test_a_draft_with_an_empty_required_field_is_not_submitted(kb: KnowledgeBase) -> None:
    expert = actor(kb, "expert")
    draft = kb.candidates.create(expert, solution(fields={"symptom": "有"}))
    with pytest.raises(Invalid) as refused:
        kb.candidates.submit(expert, draft.id, seen_version=draft.version)
    assert set(refused.value.problems) == {"resolution"}


def test_a_retired_article_is_not_revised_before_it_is_restored(kb: KnowledgeBase) -> None:
    number = published(kb, solution())
    manager, reviewer = actor(kb, "manager"), actor(kb, "reviewer")
    view = kb.articles.get(manager, number)
    view = kb.articles.step(manager, number, "propose_retire", seen_version=view.version, reason="旧了")
    kb.articles.step(reviewer, number, "confirm_retire", seen_version=view.version)
    with pytest.raises(InvalidTransition):
        kb.candidates.revise(manager, number)
