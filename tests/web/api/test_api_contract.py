"""The API against its own description and documentation: every route, every refusal, whatever is thrown at it."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from kb_service import errors as kb_errors
from kb_service.bootstrap import KnowledgeBase
from tests.base import Clock, base_at
from web import errors
from web.api import openapi
from web.api.operations import Operation
from web.api.table import OPERATIONS
from web.app import create_app

Comes = Callable[..., Any]

DOCUMENT = (Path(__file__).resolve().parents[3] / "docs" / "api.md").read_text(encoding="utf-8")
PATHS = {operation.name: re.sub(r"<[^<]*:(\w+)>", r"{\1}", operation.rule) for operation in OPERATIONS}
BODIES = [operation for operation in OPERATIONS if operation.body]

BOUNDED = settings(max_examples=5, derandomize=True, database=None, suppress_health_check=list(HealthCheck))


def address(operation: Operation) -> str:
    """An address of the operation for something that does not exist."""
    told = re.sub(r"<any\((\w+)[^>]*>", r"\1", operation.rule).replace("<number:number>", "KB000099")
    return re.sub(r"<id:\w+>", "99", told)


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_whatever_is_sent_by_whomever_is_answered_as_described(
    app: Flask, program: Comes, publish: Any, mode: GenerationMode
) -> None:
    publish("打印机脱机")
    people = [program(username).headers for username in ("", "expert", "manager")]
    for found in schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app).get_all_operations():

        @given(case=found.ok().as_strategy(generation_mode=mode))
        @BOUNDED
        def answers_as_described(case: schemathesis.Case) -> None:
            # No schema can say that a report was not resolved before it occurred.
            for headers in people:
                case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance])

        with suppress(Unsatisfiable):  # there is nothing to get wrong in it
            answers_as_described()


def test_the_description_is_openapi_31_and_complete(app: Flask, program: Comes) -> None:
    told = program().get("/openapi.json").get_json()
    assert told["openapi"].startswith("3.1.")
    ours = {rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/")}
    described = {"/api/v1" + path for path in told["paths"]} | {"/api/v1/openapi.json"}
    assert {re.sub(r"<[^<]*:(\w+)>", r"{\1}", rule) for rule in ours} == described
    names = set(re.findall('#/components/schemas/([^"]+)', json.dumps(told)))
    assert names <= told["components"]["schemas"].keys()
    for path in told["paths"].values():
        for operation in path.values():
            assert operation["summary"]


def test_the_description_says_who_may_call(program: Comes) -> None:
    told = program().get("/openapi.json").get_json()["paths"]
    assert told["/reports"]["post"]["security"] == [{"token": []}]
    assert {} in told["/search"]["post"]["security"]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_every_route_is_documented(operation: Operation) -> None:
    assert f"`{operation.method} /api/v1{PATHS[operation.name]}`" in DOCUMENT


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_every_parameter_and_field_is_documented(operation: Operation) -> None:
    for model in (operation.query, operation.body):
        for name in model.model_fields if model else ():
            assert re.search(rf"[`\"\s/?&]{name}[`\"=:]", DOCUMENT), name


ELSEWHERE = {
    kb_errors.NoBase,
    kb_errors.OldSchema,
    kb_errors.BackupFailed,
    kb_errors.BadArchive,
    kb_errors.WrongKey,
}
"""What the command line alone is told."""


def test_every_refusal_is_documented() -> None:
    classes = set(_below(kb_errors.KBError)) - ELSEWHERE
    told = {cls.code: errors.status_of(cls()) for cls in classes if cls.__module__ == kb_errors.__name__}
    for code, status in told.items():
        assert re.search(rf"\| {status} \|[^|]*`{code}`", DOCUMENT), code
    for status in {status for operation in OPERATIONS for status in openapi.statuses(operation)} | {405}:
        assert f"| {status} |" in DOCUMENT


def _below(cls: type[Any]) -> Iterator[type[Any]]:
    for one in cls.__subclasses__():
        yield one
        yield from _below(one)


def test_only_who_brings_a_good_token_changes_anything(program: Comes) -> None:
    for operation in OPERATIONS:
        answer = program()(operation.method, address(operation))
        assert (answer.status_code == 401) == operation.changes, operation.name
        forged = {"Authorization": "Bearer kb_forged"}
        answer = program()(operation.method, address(operation), headers=forged)
        assert answer.status_code == 401, operation.name
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_whatever_else_stands_in_the_header_is_no_token(program: Comes) -> None:
    for header in ("Basic ZXhwZXJ0Og==", "Bearer", "Bearer ", "bearer \xff", "Token x", "", "Digest a=b"):
        answer = program()("GET", "/reports", headers={"Authorization": header})
        assert answer.status_code == 401, header
        assert answer.content_type == "application/problem+json"


def test_a_token_counts_in_the_header_alone(program: Comes) -> None:
    token = program("expert").headers["Authorization"].split()[1]
    for name in ("token", "access_token", "auth_token"):
        assert program().get(f"/reports?{name}={token}").status_code == 422
    assert program().get("/reports", headers={"Authentication-Token": token}).get_json()["total"] == 0
    for name in ("X-Remote-User", "X-Forwarded-User", "X-HTTP-Method-Override"):
        assert program().get("/candidates", headers={name: "expert"}).get_json()["total"] == 0


def test_a_body_of_another_type_is_refused(program: Comes) -> None:
    expert = program("expert")
    for operation, media in product(BODIES, ("text/plain", "application/xml", None)):
        answer = expert(operation.method, address(operation), data=b'{"q": "x"}', content_type=media)
        assert (answer.status_code, answer.get_json()["code"]) == (415, "http_415"), operation.name


def test_what_is_no_json_is_refused(program: Comes) -> None:
    for body in (b"", b"{", b"\xff", b"[" * 100_000, b'{"q":' * 50_000, b'{"limit": NaN}', b"9" * 5000):
        answer = program()("POST", "/search", data=body, content_type="application/json")
        assert (answer.status_code, answer.get_json()["code"]) == (400, "http_400"), body[:20]


def test_json_of_another_shape_is_refused(program: Comes) -> None:
    for body in (b"null", b"[]", b'"x"', b"1", b'{"q": null}', b'{"q": {"q": {}}}', b'{"kind": [1]}'):
        answer = program()("POST", "/search", data=body, content_type="application/json")
        assert (answer.status_code, answer.get_json()["code"]) == (422, "invalid"), body


def test_refusals_are_problem_details_in_the_language_of_the_program(program: Comes) -> None:
    answer = program().get("/articles/KB000099")
    assert answer.content_type == "application/problem+json"
    told = answer.get_json()
    assert (told["status"], told["code"], told["detail"]) == (404, "not_found", "没有找到，或者您无权查看。")
    assert {"type", "title"} <= told.keys()
    english = program().get("/articles/KB000099", headers={"Accept-Language": "en"}).get_json()
    assert english["code"] == "not_found"


def test_wrong_addresses_and_methods_are_problems_too(program: Comes) -> None:
    missing = ("/nothing", "/candidates/0", "/articles/KB0000000000001", "/imports/1234567890")
    for told in (
        *(("GET", path, 404) for path in missing),
        ("DELETE", "/articles/KB1", 405),
        ("TRACE", "/search", 405),
    ):
        method, path, status = told
        answer = program()(method, path)
        assert (answer.status_code, answer.get_json()["code"]) == (status, f"http_{status}"), path


def test_too_much_is_refused(program: Comes) -> None:
    expert = program("expert")
    assert expert.post("/reports", phenomenon="x" * 3_000_000).status_code == 413
    assert expert.post("/reports", phenomenon="x" * 40_000).status_code == 422
    assert expert.get("/search?q=" + "x" * 7000).status_code == 414


def test_without_visitors_nothing_is_read_without_a_token(tmp_path: Path, clock: Clock) -> None:
    with base_at(tmp_path, clock) as kb:
        kb.settings = kb.settings.model_copy(update={"anonymous": False})
        from web import accounts

        accounts.upgrade(kb.settings.database_url())
        client = create_app(kb).test_client()
        for operation in OPERATIONS:
            assert client.open("/api/v1" + address(operation), method=operation.method).status_code == 401


def test_our_own_fault_is_told_without_its_trace(program: Comes, kb: KnowledgeBase, monkeypatch: Any) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(kb.reports, "list", fail)
    answer = program("expert").get("/reports")
    assert (answer.status_code, answer.get_json()["code"]) == (500, "error")
    assert "secret" not in answer.text
