"""The application with its real accounts, and programs that come to its API with a token or without."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from argon2.profiles import CHEAPEST
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kb_service.bootstrap import KnowledgeBase
from web import accounts
from web.accounts import passwords
from web.app import create_app


class Program:
    """Calls the API, with a token where it has one."""

    def __init__(self, client: FlaskClient, token: str) -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def __call__(self, method: str, path: str, **given: Any) -> TestResponse:
        headers = {**self.headers, **given.pop("headers", {})}
        return self.client.open("/api/v1" + path, method=method, headers=headers, **given)

    def get(self, path: str, **given: Any) -> TestResponse:
        return self("GET", path, **given)

    def post(self, path: str, **told: Any) -> TestResponse:
        return self("POST", path, data=json.dumps(told), content_type="application/json")

    def put(self, path: str, **told: Any) -> TestResponse:
        return self("PUT", path, data=json.dumps(told), content_type="application/json")


@pytest.fixture
def store(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> Iterator[accounts.Store]:
    monkeypatch.setattr(passwords, "COSTS", CHEAPEST)
    store = accounts.open_store(kb.settings.database_url(), kb.now)
    accounts.upgrade(store)
    yield store
    store.database.close()


@pytest.fixture
def app(kb: KnowledgeBase, store: accounts.Store) -> Flask:
    return create_app(kb)


@pytest.fixture
def program(app: Flask, kb: KnowledgeBase, store: accounts.Store) -> Callable[..., Program]:
    """A program that comes as a person, "" for a visitor."""

    def comes(username: str = "") -> Program:
        token = accounts.add_token(store, kb.people.find(username).id, name="test") if username else ""
        return Program(app.test_client(), token)

    return comes
