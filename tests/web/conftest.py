"""A base with people, the web application on it, and readers who come through its door."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import request
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kb_service.bootstrap import KnowledgeBase
from kb_service.inputs import ArticleInput
from tests.base import actor
from web import auth
from web.app import create_app

PERSON = "kb.person"
"""Where a test says who comes; no header or cookie can set it."""


class Reader:
    """Somebody with a browser that runs no script: fetches pages, sends their forms with the token they carry."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **given: Any) -> TestResponse:
        return self.client.get(path, **given)

    def fragment(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers={"HX-Request": "true", **headers})

    def post(self, path: str, **data: Any) -> TestResponse:
        return self.client.post(path, data={"csrf_token": self.token(), **data})

    def token(self) -> str:
        found = re.search('name="csrf-token" content="([^"]+)"', self.client.get("/nowhere").text)
        assert found
        return found[1]


@pytest.fixture
def app(kb: KnowledgeBase) -> Any:
    app = create_app(kb)
    auth.identify_by(app, lambda: request.environ.get(PERSON))
    return app


@pytest.fixture
def reader(app: Any, kb: KnowledgeBase) -> Callable[..., Reader]:
    """A reader by user name; "" for a visitor."""

    def comes(username: str = "") -> Reader:
        client = app.test_client()
        if username:
            client.environ_base[PERSON] = kb.people.find(username).id
        return Reader(client)

    return comes


@pytest.fixture
def publish(kb: KnowledgeBase) -> Callable[..., str]:
    """Writes, reviews and indexes an article; gives its number."""

    def published(title: str, audience: str = "public", **more: Any) -> str:
        told = {"kind": "solution", "fields": {"symptom": title, "resolution": "1. 第一步\n2. 第二步"}, **more}
        expert, reviewer = actor(kb, "expert"), actor(kb, "reviewer")
        scope = actor(kb, "reviewer").organisation_id
        candidate = kb.candidates.create(expert, ArticleInput(title=title, audience=audience, scope=scope, **told))
        candidate = kb.candidates.submit(expert, candidate.id, seen_version=candidate.version)
        candidate = kb.reviews.accept(reviewer, candidate.id, seen_version=candidate.version)
        kb.index.drain()
        return candidate.article

    return published
