"""One operation of the API as a value, and the way through it: admit, read, call, answer; what it does is its view's.

The signature of a view says everything else: ``query`` and ``body`` are models to read, the remaining parameters stand
in the path, and what it returns is the answer.
"""

import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NoReturn, get_args, get_origin, get_type_hints

from flask import Response, current_app, request
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, to_json
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest, UnsupportedMediaType
from werkzeug.wrappers import Response as AnyResponse

from kb_service.errors import Invalid
from web import errors, labels, params
from web.accounts import identity
from web.api.sentences import sentence_of
from web.auth import current_actor

MB = 1024 * 1024
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TEXT = "text/plain"


@dataclass(frozen=True)
class Operation:
    """``media`` are the types a body may come in, ``limit`` the bytes of it; ``changes`` says it needs a token.

    ``file`` is the type of the file it answers, "" for JSON.
    """

    method: str
    rule: str
    view: Callable[..., Any]
    status: int = 200
    media: tuple[str, ...] = (JSON,)
    limit: int = 2 * MB
    open_to_all: bool = False
    file: str = ""

    @property
    def changes(self) -> bool:
        return self.method != "GET" and not self.open_to_all

    @property
    def name(self) -> str:
        return f"{self.view.__module__.rpartition('.')[2]}_{self.view.__name__}"

    @cached_property
    def types(self) -> Mapping[str, Any]:
        """Types of the view's parameters and, under ``return``, of its answer."""
        return get_type_hints(self.view, include_extras=True)

    @property
    def query(self) -> type[BaseModel] | None:
        return self.types.get("query")

    @property
    def body(self) -> type[BaseModel] | None:
        return self.types.get("body")

    @property
    def answer(self) -> Any:
        return self.types["return"]

    @property
    def summary(self) -> str:
        return (inspect.getdoc(self.view) or "").partition("\n\n")[0].replace("\n", " ").rstrip(".")

    def __call__(self, **path: Any) -> AnyResponse:
        refused = self._refuse_stranger()
        if refused:
            return refused
        told: dict[str, Any] = path
        if self.query:
            told["query"] = read(self.query, plain(self.query, request.args), strict=False)
        elif request.args:
            _refuse({name: sentence_of("extra_forbidden") for name in request.args})
        if self.body:
            told["body"] = self._read_body(self.body)
        answer = self.view(**told)
        return answer if isinstance(answer, AnyResponse) else Response(to_json(answer), self.status, mimetype=JSON)

    def _refuse_stranger(self) -> Response | None:
        """Who comes with a bad token is told so instead of being taken for a visitor."""
        request.max_content_length = request.max_form_memory_size = self.limit
        needed = self.changes or not current_app.config["KB_ANONYMOUS"]
        if current_actor().signed_in or not (needed or "Authorization" in request.headers):
            return None
        response = errors.problem(401, "http_401", labels.label("status", "401"))
        response.headers["WWW-Authenticate"] = "Bearer" if identity.bearer() is None else 'Bearer error="invalid_token"'
        return response

    def _read_body(self, model: type[BaseModel]) -> BaseModel:
        if request.mimetype not in self.media:
            raise UnsupportedMediaType
        if request.mimetype == JSON:
            return read(model, _json(), strict=True)
        return read(model, plain(model, request.form) | request.files.to_dict(), strict=False)


def plain(model: type[BaseModel], values: MultiDict[str, str]) -> dict[str, Any]:
    """`values` as the fields of `model`: one value each, or all of them where the field is a list."""
    many = {name for name, field in model.model_fields.items() if get_origin(field.annotation) is list}
    return {name: told if name in many or len(told) > 1 else told[0] for name, told in values.lists()}


def read(model: type[BaseModel], values: Any, *, strict: bool) -> BaseModel:
    """The model these values make. Raises Invalid with a sentence for every field that is wrong."""
    try:
        return model.model_validate(values, strict=strict)
    except ValidationError as error:
        _refuse({_place(wrong): sentence_of(wrong["type"], wrong.get("ctx", {})) for wrong in error.errors()})


def items_of(kind: Any) -> Any:
    """The type of the members of a list type."""
    return get_args(kind)[0]


def _json() -> Any:
    """Raises BadRequest for what is no JSON, and for the numbers JSON does not have."""
    try:
        return _mended(json.loads(request.get_data(), parse_constant=_no_number))
    except (ValueError, RecursionError) as error:
        raise BadRequest from error


def _mended(value: Any) -> Any:
    """JSON may hold lone surrogates, which are no text."""
    if isinstance(value, dict):
        return {_mended(name): _mended(told) for name, told in value.items()}
    if isinstance(value, list):
        return [_mended(told) for told in value]
    return params.mend(value) if isinstance(value, str) else value


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _refuse(problems: Mapping[str, str]) -> NoReturn:
    raise Invalid(problems=problems)


def _place(wrong: ErrorDetails) -> str:
    return ".".join(str(part) for part in wrong["loc"]) or "body"
