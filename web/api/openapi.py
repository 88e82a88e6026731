"""The OpenAPI 3.1 description, made from the operations and the types of their views; nothing is said twice."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any

from flask import Response, jsonify
from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from web import params
from web.api.operations import TEXT, Operation
from web.api.schemas import MAX_ID, Problem

Schema = dict[str, Any]

PROBLEM = "application/problem+json"
_BINARY: Schema = {"type": "string", "format": "binary"}
_FILES: Mapping[str, Schema] = {TEXT: {"type": "string"}}
_PATH_PARAMETER = re.compile(r"<(\w+)(?:\(([^)]*)\))?:(\w+)>")
_DESCRIPTION = (
    "The knowledge base for programs. Answers are JSON, refusals problem details (RFC 9457) with a stable `code`. "
    "Without a token a program is a visitor and sees public articles; changing anything takes a token."
)


def show() -> Response:
    """The description itself."""
    return jsonify(document())


@cache
def document() -> Schema:
    from web.api import PREFIX
    from web.api.table import OPERATIONS

    schemas, components = _schemas(OPERATIONS)
    paths: dict[str, Schema] = {}
    for operation in OPERATIONS:
        paths.setdefault(_path(operation.rule), {})[operation.method.lower()] = _describe(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "知解 KB Service", "version": "1", "description": _DESCRIPTION},
        "servers": [{"url": PREFIX}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def statuses(operation: Operation) -> tuple[int, ...]:
    """The refusals an operation may answer with, apart from what goes wrong on our side."""
    reads = bool(operation.body)
    told = {
        400: reads,
        401: True,
        403: True,
        404: True,
        409: operation.changes,
        413: reads,
        414: True,
        415: reads,
        422: True,
        429: True,
        500: True,
        503: True,
    }
    return tuple(status for status, answers in told.items() if answers)


def _describe(operation: Operation, schemas: Mapping[Any, Schema]) -> Schema:
    told: Schema = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.name.partition("_")[0]],
        "parameters": [*_path_parameters(operation.rule), *_query_parameters(operation.query)],
        "security": [{"token": []}] if operation.changes else [{}, {"token": []}],
        "responses": {
            str(operation.status): _answer(operation, schemas),
            **{str(status): _refusal(status, schemas) for status in statuses(operation)},
        },
    }
    if operation.body:
        schema = schemas[operation.body, "validation"]
        told["requestBody"] = {"required": True, "content": {media: {"schema": schema} for media in operation.media}}
    return told


def _answer(operation: Operation, schemas: Mapping[Any, Schema]) -> Schema:
    if operation.file:
        return {"description": "A file", "content": {operation.file: {"schema": _FILES.get(operation.file, _BINARY)}}}
    schema = schemas[operation.answer, "serialization"]
    return {"description": HTTPStatus(operation.status).phrase, "content": {"application/json": {"schema": schema}}}


def _refusal(status: int, schemas: Mapping[Any, Schema]) -> Schema:
    headers = {401: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After"}
    told: Schema = {
        "description": HTTPStatus(status).phrase,
        "content": {PROBLEM: {"schema": schemas[Problem, "serialization"]}},
    }
    if status in headers:
        told["headers"] = {headers[status]: {"schema": {"type": "string"}}}
    return told


def _schemas(operations: Iterable[Operation]) -> tuple[dict[Any, Schema], Schema]:
    """The schema of every type taken or answered, by type and direction, and the components they refer to."""
    types: dict[tuple[Any, JsonSchemaMode], None] = {(Problem, "serialization"): None}
    for operation in operations:
        if operation.body:
            types[operation.body, "validation"] = None
        if not operation.file:
            types[operation.answer, "serialization"] = None
    asked = [(kind, mode, TypeAdapter(kind)) for kind, mode in types]
    schemas, shared = TypeAdapter.json_schemas(asked, ref_template="#/components/schemas/{model}")
    return dict(schemas), shared["$defs"]


def _path(rule: str) -> str:
    return _PATH_PARAMETER.sub(lambda told: "{" + told[3] + "}", rule)


def _path_parameters(rule: str) -> list[Schema]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _path_schema(converter, arguments)}
        for converter, arguments, name in _PATH_PARAMETER.findall(rule)
    ]


def _path_schema(converter: str, arguments: str) -> Schema:
    if converter == "any":
        return {"type": "string", "enum": [value.strip() for value in arguments.split(",")]}
    kinds: Mapping[str, Schema] = {
        "number": {"type": "string", "pattern": f"^{params.Number.regex}$"},
        "id": {"type": "integer", "minimum": 1, "maximum": MAX_ID},
    }
    return kinds[converter]


def _query_parameters(model: type[BaseModel] | None) -> list[Schema]:
    if model is None:
        return []
    schema = model.model_json_schema()
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": told}
        for name, told in schema["properties"].items()
    ]
