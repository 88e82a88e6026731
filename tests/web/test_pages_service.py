"""The page of whoever administers the service: how index, queue and backups stand, and nobody else learns of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kb_service.bootstrap import KnowledgeBase
from kb_service.services.backups import Backups
from kb_service.store.attachments import Files
from tests.base import Clock
from tests.web.conftest import Reader
from web.accounts import renewal

Readers = Callable[..., Reader]


@pytest.fixture
def target(kb: KnowledgeBase, tmp_path: Path) -> Path:
    """Where the backups of this base go."""
    folder = tmp_path / "backups"
    folder.mkdir()
    settings = kb.settings.model_copy(update={"backup_target": str(folder)})
    kb.backups = Backups(kb.database, Files(kb.settings.home / "attachments"), settings)
    return folder


@pytest.mark.parametrize("username", ["", "officer", "manager", "reviewer"])
def test_the_state_of_the_service_is_for_who_administers_it(reader: Readers, username: str) -> None:
    assert reader(username).get("/admin/service").status_code == 404
    assert "/admin/service" not in reader(username).get("/").text


def test_an_administrator_is_led_there_and_sees_no_content(reader: Readers, publish: Callable[..., str]) -> None:
    publish("证书过期怎么办")
    administrator = reader("sysadmin")
    assert 'href="/admin/service"' in administrator.get("/").text
    page = administrator.get("/admin/service").text
    assert "还没有备份" in page
    assert "没有定时备份" in page
    assert "证书过期" not in page


def test_a_good_backup_and_its_age_are_shown(reader: Readers, kb: KnowledgeBase, clock: Clock, target: Path) -> None:
    assert "很久没有成功的备份" in reader("sysadmin").get("/admin/service").text
    kb.backups.keep_up(renewal.accounts())
    clock.forward(hours=5)
    page = reader("sysadmin").get("/admin/service").text
    assert "5小时前" in page
    assert str(target) in page
    assert "很久没有成功的备份" not in page


def test_why_a_backup_failed_is_shown(reader: Readers, kb: KnowledgeBase, target: Path) -> None:
    target.rmdir()
    with pytest.raises(Exception, match="不存在"):
        kb.backups.keep_up(renewal.accounts())
    page = reader("sysadmin").get("/admin/service").text
    assert "最近一次备份失败" in page
    assert f"备份目录 {target} 不存在" in page
