"""Every code of the base has a name, and every text an English one."""

from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from indexer.parser import STEPS
from kb_service import errors
from kb_service.domain import article, report, workflow
from web import errors as web_errors
from web import labels

WEB = Path(labels.__file__).parent
CATALOGUE = WEB / "translations" / "en" / "LC_MESSAGES" / "messages.po"
METHODS = [("cli/**", "ignore"), ("**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS: Any = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None}


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        ("kind", (*article.KINDS, "report")),
        ("kind_hint", tuple(article.KINDS)),
        ("step", tuple(STEPS)),
        ("suggestion", ("title", "asked", "code", "words")),
        ("field", tuple(field.name for kind in article.KINDS.values() for field in kind.fields)),
        ("audience", article.AUDIENCES),
        ("confidence", article.CONFIDENCES),
        ("report_kind", report.KINDS),
        ("reason", workflow.REASONS),
        ("state", tuple(workflow.states((*workflow.CANDIDATE, *workflow.ARTICLE, *workflow.IMPORT)))),
        ("backup_alarm", ("overdue", "failed", "shrunk", "incomplete")),
        ("backup_state", ("good", "failed", "running", "interrupted")),
        ("action", tuple({rule.action for rule in (*workflow.CANDIDATE, *workflow.ARTICLE)})),
    ],
)
def test_every_code_has_a_name(table: str, codes: tuple[str, ...]) -> None:
    assert set(codes) <= set(labels.TABLES[table])


def test_what_a_step_needs_is_asked_for() -> None:
    needing = {rule.action for rule in (*workflow.CANDIDATE, *workflow.ARTICLE) if "reason" in rule.needs}
    assert all({"reason", "reason_code"} & set(labels.ACTION_NEEDS[action]) for action in needing)


def test_every_refusal_has_a_status_and_a_cure() -> None:
    known = [cls for cls in vars(errors).values() if isinstance(cls, type) and issubclass(cls, errors.KBError)]
    for cls in known:
        status = web_errors.status_of(cls())
        assert str(status) in labels.TABLES["cure"]
        if status < 500 or issubclass(cls, errors.Unavailable):
            assert cls.code in labels.TABLES["error"]


def test_the_english_catalogue_is_complete_and_compiled() -> None:
    found = extract_from_dir(WEB, METHODS, keywords=KEYWORDS)
    told = {message for _, _, message, *_ in found if isinstance(message, str)}
    with CATALOGUE.open("rb") as file:
        written = {message.id: message.string for message in read_po(file) if message.id}
    with CATALOGUE.with_suffix(".mo").open("rb") as file:
        compiled = {message.id: message.string for message in read_mo(file) if message.id}
    assert told - set(written) == set()
    assert set(written) - told == set()
    assert [text for text, english in written.items() if not english] == []
    assert compiled == written
