"""The documentation names everything it is about."""

from pathlib import Path

import pytest

from importers.errors import REASONS
from importers.fields import FIELDS
from kb_service import errors
from kb_service.config import Settings
from kb_service.domain import workflow
from kb_service.domain.access import ROLES

DOCS = Path(__file__).resolve().parents[2] / "docs"


def text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("setting", sorted(Settings.model_fields))
def test_every_setting_is_documented(setting: str) -> None:
    assert f"`KB_{setting.upper()}`" in text("configuration.md")


@pytest.mark.parametrize("rules", [workflow.CANDIDATE, workflow.ARTICLE, workflow.IMPORT])
def test_every_workflow_state_is_documented(rules: tuple[workflow.Rule, ...]) -> None:
    assert [state for state in workflow.states(rules) if state not in text("architecture.md")] == []


@pytest.mark.parametrize("rules", [workflow.CANDIDATE, workflow.ARTICLE])
def test_every_workflow_action_is_documented(rules: tuple[workflow.Rule, ...]) -> None:
    assert [rule.action for rule in rules if f"| {rule.action} |" not in text("architecture.md")] == []


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_every_reason_of_a_refusal_is_documented(reason: str) -> None:
    assert f"| `{reason}` |" in text("importing.md")


@pytest.mark.parametrize("kind", sorted(FIELDS))
def test_every_column_of_an_import_is_documented(kind: str) -> None:
    missing = [field.name for field in FIELDS[kind] if f"| `{field.name}` |" not in text("importing.md")]
    assert missing == []


def test_every_role_is_in_the_glossary() -> None:
    assert [role for role in ROLES if role not in text("glossary.md")] == []


def codes() -> set[str]:
    found: set[str] = set()
    waiting = [errors.KBError]
    while waiting:
        kind = waiting.pop()
        found.add(kind.code)
        waiting += kind.__subclasses__()
    return found - {errors.KBError.code}


@pytest.mark.parametrize("code", sorted(codes()))
def test_every_error_code_is_documented(code: str) -> None:
    assert f"`{code}`" in text("api.md") + text("cli.md")


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.name)
def test_every_local_link_leads_somewhere(page: Path) -> None:
    import re

    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []
