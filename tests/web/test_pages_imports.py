"""Importing through the pages: upload, mapping, check, import, refused rows."""

import io
import re
from collections.abc import Callable
from pathlib import Path

from openpyxl import load_workbook

from importers import pipeline
from kb_service.bootstrap import KnowledgeBase
from tests.web.conftest import Reader

Readers = Callable[..., Reader]
TABLE = (
    "编号,申请单位,问题现象,解决方案,状态,发生日期\n"
    "A1,甲一一县局,登录不上,换证书,已解决,2026-01-05\n"
    "A2,甲一一县局,,重装,已解决,2026-01-06\n"
)


def _uploaded(expert: Reader, content: bytes = TABLE.encode("gb18030"), name: str = "台账.csv") -> str:
    answer = expert.post("/imports/new", kind="report", file=(io.BytesIO(content), name))
    assert answer.status_code == 303
    return answer.location.removesuffix("/mapping")


def _version(page: str) -> str:
    found = re.search(r'name="seen_version" value="(\d+)"', page)
    assert found
    return found[1]


def test_a_table_is_taken_in_step_by_step(reader: Readers, kb: KnowledgeBase) -> None:
    expert = reader("expert")
    place = _uploaded(expert)
    page = expert.get(f"{place}/mapping").text
    assert re.search(r'<option value="phenomenon" selected>', page)
    columns = re.findall(r'name="column_(\d+)" value="([^"]+)"', page)
    told = dict(re.findall(r'name="field_(\d+)"[^>]*>.*?value="(\w*)" selected', page, re.S))
    form = {f"column_{n}": title for n, title in columns} | {f"field_{n}": field for n, field in told.items()}
    assert expert.post(f"{place}/mapping", **form, seen_version=_version(page)).status_code == 303
    assert expert.post(f"{place}/check", seen_version=_version(expert.get(place).text)).status_code == 303
    busy = expert.get(place).text
    assert 'hx-trigger="load delay:1s"' in busy
    assert '<noscript><meta http-equiv="refresh"' in busy
    pipeline.run(kb, int(place.rsplit("/", 1)[1]))
    checked = expert.get(place).text
    assert "检查完毕，还没有写入" in checked
    assert "第 3 行" in checked or "第 2 条" in checked
    assert expert.get("/reports").text.count("BG0") == 0
    assert expert.post(f"{place}/run", seen_version=_version(checked)).status_code == 303
    pipeline.run(kb, int(place.rsplit("/", 1)[1]))
    assert "导入完成" in expert.get(place).text
    assert "登录不上" in expert.get("/reports").text
    with expert.get(f"{place}/refused.xlsx") as answer:
        assert answer.headers["Content-Disposition"].startswith("attachment")
        workbook = load_workbook(io.BytesIO(answer.data))
    cells = [cell.value for row in workbook.active.rows for cell in row]
    assert "A2" in cells


def test_a_file_that_cannot_be_read_says_why_and_what_to_do(reader: Readers) -> None:
    expert = reader("expert")
    page = expert.get(f"{_uploaded(expert, b'PK broken', '台账.xlsx')}/mapping")
    assert page.status_code == 200
    assert "台账.xlsx" in page.text
    assert "重新导入" in page.text


def test_an_upload_without_a_file_is_asked_for_again(reader: Readers) -> None:
    page = reader("expert").post("/imports/new", kind="report")
    assert page.status_code == 422
    assert "请选择一个文件" in page.text


def test_a_hostile_file_name_stays_in_its_folder(reader: Readers, kb: KnowledgeBase, tmp_path: Path) -> None:
    _uploaded(reader("expert"), name="../../../../evil\x00.csv")
    assert [path.name for path in tmp_path.rglob("*evil*")] == ["evil.csv"]
    assert not (tmp_path.parent / "evil.csv").exists()


def test_another_person_does_not_see_an_import(reader: Readers) -> None:
    place = _uploaded(reader("expert"))
    assert reader("officer").get(place).status_code == 404
    assert reader("expert_b").get(f"{place}/mapping").status_code == 404
    assert reader("officer").post("/imports/new", kind="report", file=(io.BytesIO(b"x"), "a.csv")).status_code == 403
