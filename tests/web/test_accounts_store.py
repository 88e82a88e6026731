"""Accounts without a web application: passwords, throttling, sessions and tokens on a real database."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from argon2.profiles import CHEAPEST
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from kb_service.domain.base import Base
from kb_service.domain.organisation import Organisation, OrganisationAlias
from kb_service.domain.person import Grant, Person
from kb_service.errors import Invalid, NotFound
from kb_service.store.audit import AuditLine
from web import accounts
from web.accounts import credentials, passwords, sessions, throttle, tokens
from web.accounts.models import AccountsBase

PASSWORD = "早上先喝一大杯水"
HERE = "10.1.2.3"


class Clock:
    """A clock that stands until it is put forward."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def forward(self, **by: float) -> None:
        self.time += timedelta(**by)


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COSTS", CHEAPEST)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[accounts.Store]:
    """A database with two persons, li and wang; li has a password."""
    store = accounts.open_store(f"sqlite:///{tmp_path}/kb.sqlite", clock)
    tables = [kind.__table__ for kind in (Organisation, OrganisationAlias, Person, Grant, AuditLine)]
    Base.metadata.create_all(store.database.engine, tables=tables)  # type: ignore[arg-type]
    accounts.upgrade(store)
    with store.begin() as session:
        session.add(Organisation(id=1, name="省局", kind="province", path="/1/"))
        session.flush()
        session.add_all(
            Person(id=n, username=name, name=name, organisation_id=1) for n, name in ((1, "li"), (2, "wang"))
        )
    accounts.set_password(store, 1, PASSWORD)
    yield store
    store.database.close()


def signs_in(store: accounts.Store, username: str, password: str, address: str = HERE) -> bool:
    return credentials.check(store, username, password, address) is not None


def disable(store: accounts.Store, person_id: int) -> None:
    with store.begin() as session:
        session.get_one(Person, person_id).active = False


def test_only_the_right_password_of_a_known_person_is_accepted(store: accounts.Store) -> None:
    assert signs_in(store, "li", PASSWORD)
    assert not signs_in(store, "li", PASSWORD + " ")
    assert not signs_in(store, "li", "")
    assert not signs_in(store, "nobody", PASSWORD)
    assert not signs_in(store, "wang", PASSWORD)


def test_a_password_is_the_same_from_a_full_width_input_method(store: accounts.Store) -> None:
    accounts.set_password(store, 1, "cha2026mima!x")
    assert signs_in(store, "li", "ｃｈａ２０２６ｍｉｍａ！ｘ")


def test_a_disabled_person_is_refused_like_a_wrong_password(store: accounts.Store) -> None:
    disable(store, 1)
    assert not signs_in(store, "li", PASSWORD)


def test_the_password_is_kept_as_an_argon2id_hash_only(store: accounts.Store) -> None:
    with store.read() as session:
        kept = session.scalars(text("select password from account")).all()
    assert [hash_.split("$")[1] for hash_ in kept] == ["argon2id"]


def test_hashes_cost_what_the_argon2_library_recommends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COSTS", None)
    stored = passwords.digest(PASSWORD)
    assert "m=65536,t=3,p=4" in stored
    assert passwords.matches(stored, PASSWORD)


@pytest.mark.parametrize(
    ("password", "told"),
    [
        ("短密码", "至少 8 个字符"),
        ("x1y2z3w", "至少 8 个字符"),
        ("长" * 100 + "密码abc" * 20, "最多 128 个字符"),
        ("Zhang.San", "用户名"),
        ("aaaaaaaa", "太简单"),
        ("12345678", "太简单"),
        ("hgfedcba", "太简单"),
        ("Password1!", "太常见"),
        ("Tax@2026", "太常见"),
    ],
)
def test_a_weak_password_is_refused_with_the_rule_it_breaks(password: str, told: str) -> None:
    with pytest.raises(Invalid, match=told) as refused:
        passwords.demand(password, "zhang.san")
    assert refused.value.problems["new"] == refused.value.message


@pytest.mark.parametrize("password", ["今天晚上吃什么好呢", "correct horse battery", "x" * 60 + "密码长一点也可以" * 8])
def test_a_sentence_is_a_good_password(password: str) -> None:
    passwords.demand(password, "zhang.san")
    assert passwords.matches(passwords.digest(password), password)


@given(st.text(max_size=200))
def test_any_text_at_all_is_judged_and_compared_without_an_accident(password: str) -> None:
    passwords.COSTS = CHEAPEST
    stored = passwords.digest("一个别的密码 not this one")
    assert not passwords.matches(stored, password)
    assert not passwords.matches(None, password)
    assert not passwords.matches("no hash", password)


def test_a_password_is_compared_to_its_last_character() -> None:
    long = "长密码" * 42
    stored = passwords.digest(long)
    assert passwords.matches(stored, long)
    assert not passwords.matches(stored, long[:-1])
    assert not passwords.matches(stored, long + "x" * 1000)


def test_a_password_for_nobody_is_refused(store: accounts.Store) -> None:
    with pytest.raises(NotFound):
        accounts.set_password(store, 99, PASSWORD)


def test_after_five_failures_even_the_right_password_waits(store: accounts.Store, clock: Clock) -> None:
    for _ in range(5):
        assert not signs_in(store, "li", "wrong")
    assert not signs_in(store, "li", PASSWORD)
    assert not signs_in(store, "LI", PASSWORD, "10.9.9.9")
    clock.forward(minutes=14, seconds=59)
    assert not signs_in(store, "li", PASSWORD)
    clock.forward(seconds=1)
    assert signs_in(store, "li", PASSWORD)


def test_tries_while_waiting_do_not_make_the_wait_longer(store: accounts.Store, clock: Clock) -> None:
    for _ in range(5):
        signs_in(store, "li", "wrong")
    for _ in range(15):
        clock.forward(minutes=1)
        signs_in(store, "li", "wrong")
    assert signs_in(store, "li", PASSWORD)


def test_signing_in_forgets_the_failures_before(store: accounts.Store) -> None:
    for _ in range(3):
        for _ in range(4):
            assert not signs_in(store, "li", "wrong")
        assert signs_in(store, "li", PASSWORD)


def test_an_address_is_slowed_down_whatever_names_it_tries(store: accounts.Store, clock: Clock) -> None:
    for n in range(100):
        signs_in(store, f"nobody{n}", "wrong")
    with pytest.raises(throttle.TooManyFailures):
        signs_in(store, "li", PASSWORD)
    assert signs_in(store, "li", PASSWORD, "10.9.9.9")
    clock.forward(minutes=1)
    assert signs_in(store, "li", PASSWORD)


def test_a_clock_that_was_put_back_keeps_no_account_closed(store: accounts.Store, clock: Clock) -> None:
    for _ in range(throttle.PER_ACCOUNT):
        throttle.begin(store, "li", HERE)
    clock.forward(seconds=-10)
    assert not throttle.begin(store, "li", HERE).admitted
    clock.forward(hours=-1)
    assert throttle.begin(store, "li", HERE).admitted


def test_tries_at_the_same_moment_count_each_other(store: accounts.Store) -> None:
    admitted: list[bool] = []
    together = Barrier(8)

    def attempt() -> None:
        together.wait()
        admitted.append(throttle.begin(store, "li", HERE).admitted)

    threads = [Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(admitted) == [False] * 3 + [True] * 5


def test_what_was_typed_as_a_name_is_not_kept(store: accounts.Store) -> None:
    signs_in(store, PASSWORD, "li")
    with store.read() as session:
        kept = session.execute(text("select * from login_failure")).all()
    assert kept
    assert PASSWORD not in str(kept)


def test_a_session_ends_after_thirty_idle_minutes(store: accounts.Store, clock: Clock) -> None:
    secret = sessions.start(store, 1)
    clock.forward(minutes=29)
    assert sessions.person_id_of(store, secret) == 1
    clock.forward(minutes=29)
    assert sessions.person_id_of(store, secret) == 1
    clock.forward(minutes=30)
    assert sessions.person_id_of(store, secret) is None


def test_a_session_ends_after_twelve_hours_however_busy(store: accounts.Store, clock: Clock) -> None:
    secret = sessions.start(store, 1)
    for _ in range(71):
        clock.forward(minutes=10)
        assert sessions.person_id_of(store, secret) == 1
    clock.forward(minutes=10)
    assert sessions.person_id_of(store, secret) is None


def test_the_secret_of_a_session_is_not_in_the_database(store: accounts.Store) -> None:
    secret = sessions.start(store, 1)
    with store.read() as session:
        assert secret not in str(session.execute(text("select * from account_session")).all())


def test_an_ended_session_and_a_made_up_one_belong_to_nobody(store: accounts.Store) -> None:
    secret = sessions.start(store, 1)
    sessions.end(store, secret)
    sessions.end(store, secret)
    assert sessions.person_id_of(store, secret) is None
    assert sessions.person_id_of(store, "made up") is None


def test_a_new_password_ends_all_sessions_of_the_person_and_no_others(store: accounts.Store) -> None:
    mine, another = sessions.start(store, 1), sessions.start(store, 2)
    accounts.set_password(store, 1, "换一个新的密码吧")
    assert sessions.person_id_of(store, mine) is None
    assert sessions.person_id_of(store, another) == 2


def test_a_token_stands_for_its_person_until_it_expires(store: accounts.Store, clock: Clock) -> None:
    token = accounts.add_token(store, 2, name="监控", days=30)
    assert tokens.owner_of(store, token) == 2
    clock.forward(days=29, hours=23)
    assert tokens.owner_of(store, token) == 2
    clock.forward(hours=1)
    assert tokens.owner_of(store, token) is None


def test_a_token_is_nobodys_when_revoked_changed_or_its_person_disabled(store: accounts.Store) -> None:
    first, second = accounts.add_token(store, 1, name="a"), accounts.add_token(store, 2, name="b")
    accounts.revoke_token(store, first[:11])
    disable(store, 2)
    for bearer in (first, second, second + "x", second[:-1], "", "kb_", "\ud800"):
        assert tokens.owner_of(store, bearer) is None


def test_a_token_is_kept_as_a_digest_and_listed_by_its_beginning(store: accounts.Store) -> None:
    token = accounts.add_token(store, 2, name="监控")
    (view,) = accounts.list_tokens(store)
    assert (view.username, view.name, view.revoked_at) == ("wang", "监控", None)
    assert token.startswith(view.prefix)
    with store.read() as session:
        assert token not in str(session.execute(text("select * from account_token")).all())


def test_a_token_for_nobody_or_for_ever_is_refused(store: accounts.Store) -> None:
    with pytest.raises(NotFound):
        accounts.add_token(store, 99, name="x")
    with pytest.raises(Invalid):
        accounts.add_token(store, 1, name="x", days=10_000)
    with pytest.raises(NotFound):
        accounts.revoke_token(store, "kb_unknown")


def test_what_happens_to_an_account_is_audited(store: accounts.Store) -> None:
    sessions.end(store, sessions.start(store, 1))
    accounts.revoke_token(store, accounts.add_token(store, 2, name="x"))
    with store.read() as session:
        told = session.execute(text("select actor, action, subject_id from audit order by id")).all()
    assert [tuple(row) for row in told] == [
        ("local", "set_password", "1"),
        ("li", "sign_in", "1"),
        ("li", "sign_out", "1"),
        ("local", "add_token", "2"),
        ("local", "revoke_token", "2"),
    ]


def test_the_migrations_make_exactly_the_tables_of_the_models(store: accounts.Store) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    names = AccountsBase.metadata.tables
    options = {"include_name": lambda name, kind, _: kind != "table" or name in names}
    with store.database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts=options), AccountsBase.metadata) == []
    assert accounts.is_current(store)


def test_the_migrations_go_down_and_up_again(store: accounts.Store) -> None:
    from alembic import command

    from web.accounts.store import _config

    with store.database.engine.begin() as connection:
        command.downgrade(_config(connection), "base")
    assert not accounts.is_current(store)
    accounts.upgrade(store)
    accounts.upgrade(store)
    assert accounts.is_current(store)


def test_the_store_can_be_named_by_its_address(store: accounts.Store) -> None:
    url = store.database.url
    assert accounts.is_current(url)
    token = accounts.add_token(url, 1, name="x", days=366)
    assert [view.prefix for view in accounts.list_tokens(url)] == [token[:11]]
