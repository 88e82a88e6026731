"""Files go through the pipeline in batches, go on after a kill, and leave their refused rows in a workbook."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from importers import pipeline, profiles, refused
from importers.errors import ImportFailed, UnreadableSource
from importers.fields import FIELDS, field_of
from importers.results import Settings
from kb_service.inputs import Draft, Refusal
from tests.importers.books import workbook

TITLES = ["编号", "问题现象", "解决方案"]


def ledger(path: Path, count: int, name: str = "台账.xlsx", begin: int = 1) -> Path:
    rows = [[f"{n:06d}", f"第 {n} 个问题" if n % 10 else None, "重启"] for n in range(begin, begin + count)]
    return workbook(path / name, {"表": [TITLES, *rows]})


@dataclass(frozen=True)
class Job:
    path: Path
    kind: str = "report"
    profile: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    position: int = 0


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Ledger:
    """A base that keeps what it is given, as far as an import needs one; it may be killed before a batch."""

    waiting: Job
    drafts: list[Draft] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    position: int = 0
    total: int | None = None
    ended: tuple[str, ...] = ()
    killed_after: int = 10**9

    @property
    def imports(self) -> "Ledger":
        return self

    def job(self, import_id: int) -> Job:
        return Job(self.waiting.path, self.waiting.kind, self.waiting.profile, position=self.position)

    def take(
        self,
        import_id: int,
        drafts: Sequence[Draft],
        refusals: Sequence[Refusal],
        *,
        position: int,
        total: int | None,
    ) -> None:
        if position > self.killed_after:
            raise Killed
        self.drafts += drafts
        self.refusals += refusals
        self.sizes.append(len(drafts) + len(refusals))
        self.position, self.total = position, total

    def finish(self, import_id: int) -> None:
        self.ended = ("done",)

    def fail(self, import_id: int, code: str, message: str, source: str) -> None:
        self.ended = (code, message, source)


def test_a_run_hands_over_batches_with_their_position_and_the_total_at_the_end(tmp_path: Path):
    base = Ledger(Job(ledger(tmp_path, 1234)))
    pipeline.run(base, 1)
    assert base.sizes == [500, 500, 234]
    assert (base.position, base.total, base.ended) == (1234, 1234, ("done",))
    assert (len(base.drafts), len(base.refusals)) == (1111, 123)


def test_the_total_is_told_though_the_last_batch_is_full(tmp_path: Path):
    base = Ledger(Job(ledger(tmp_path, 1000)))
    pipeline.run(base, 1)
    assert (base.sizes, base.total) == ([500, 500], 1000)


def test_what_was_read_before_a_failure_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pipeline, "ROWS", 700)
    base = Ledger(Job(ledger(tmp_path, 1000)))
    pipeline.run(base, 1)
    assert (base.position, base.total, base.ended[0]) == (500, None, "too_large")


def test_a_killed_run_goes_on_where_it_stopped_and_ends_the_same(tmp_path: Path):
    path = ledger(tmp_path, 1234)
    whole, base = Ledger(Job(path)), Ledger(Job(path), killed_after=500)
    pipeline.run(whole, 1)
    with pytest.raises(Killed):
        pipeline.run(base, 1)
    assert base.position == 500
    base.killed_after = 10**9
    pipeline.run(base, 1)
    assert (base.drafts, base.refusals, base.ended) == (whole.drafts, whole.refusals, ("done",))


def test_a_key_taken_before_a_kill_is_known_after_it(tmp_path: Path):
    rows = [TITLES, *([f"{n % 600:06d}", f"问题 {n}", "重启"] for n in range(700))]
    base = Ledger(Job(workbook(tmp_path / "台账.xlsx", {"表": rows})), killed_after=500)
    with pytest.raises(Killed):
        pipeline.run(base, 1)
    base.killed_after = 10**9
    pipeline.run(base, 1)
    assert (len(base.drafts), {refusal.reason for refusal in base.refusals}) == (600, {"duplicate_key"})


def test_a_file_that_cannot_be_read_fails_the_import_with_a_sentence(tmp_path: Path):
    path = tmp_path / "台账.xlsx"
    path.write_bytes(ledger(tmp_path, 5, "好.xlsx").read_bytes()[:2000])
    base = Ledger(Job(path))
    pipeline.run(base, 1)
    assert base.ended[0] == "unreadable"
    assert "台账.xlsx" in base.ended[1]


def test_an_unknown_profile_fails_the_import(tmp_path: Path):
    base = Ledger(Job(ledger(tmp_path, 5), profile="没有"))
    pipeline.run(base, 1)
    assert base.ended[0] == "unknown_profile"


def test_a_broken_file_in_a_folder_is_one_refusal_and_the_rest_goes_on(tmp_path: Path):
    ledger(tmp_path, 5)
    (tmp_path / "坏.xlsx").write_bytes((tmp_path / "台账.xlsx").read_bytes()[:2000])
    (tmp_path / "空.csv").write_text("爱好\n甲\n", "utf-8")
    found = list(pipeline.read(tmp_path, "report", Settings()))
    assert sum(isinstance(taken, Draft) for taken in found) == 5
    refusals = {taken.source: taken for taken in found if isinstance(taken, Refusal)}
    assert {name: taken.reason for name, taken in refusals.items()} == {"坏.xlsx": "unreadable", "空.csv": "no_table"}
    assert {taken.place for taken in refusals.values()} == {"整个文件"}


def test_more_rows_than_the_limit_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pipeline, "ROWS", 8)
    with pytest.raises(UnreadableSource, match="8 条"):
        list(pipeline.read(ledger(tmp_path, 9), "report", Settings()))


def test_a_missing_file_is_an_error_that_names_it(tmp_path: Path):
    with pytest.raises(ImportFailed, match=r"没有\.xlsx"):
        pipeline.preview(tmp_path / "没有.xlsx", "report", Settings())


def test_a_preview_of_a_folder_tells_its_tables_and_its_problems(tmp_path: Path):
    ledger(tmp_path, 5)
    (tmp_path / "手册.pdf").write_bytes(b"%PDF-1.7")
    found = pipeline.preview(tmp_path, "report", Settings())
    assert [table.source for table in found.tables] == ["台账.xlsx"]
    assert len(found.problems) == 1
    assert "手册.pdf" in found.problems[0]


def test_a_digest_tells_contents_and_names_apart(tmp_path: Path):
    for name in ("甲", "乙", "丙"):
        (tmp_path / name).mkdir()
    (tmp_path / "甲" / "一.txt").write_bytes(b"ab")
    (tmp_path / "乙" / "一.txt").write_bytes(b"ab")
    (tmp_path / "丙" / "二.txt").write_bytes(b"ab")
    digests = [pipeline.digest(tmp_path / name) for name in ("甲", "乙", "丙")]
    assert digests[0] == digests[1] != digests[2]
    assert digests[0][1] == 2
    assert pipeline.digest(tmp_path / "甲" / "一.txt")[0].startswith("fb8e20fc")


def written(refusals: Sequence[Refusal], path: Path) -> Path:
    stream = io.BytesIO()
    refused.write(refusals, stream)
    path.write_bytes(stream.getvalue())
    return path


def test_refused_rows_are_written_as_text_and_come_back_when_mended(tmp_path: Path):
    cells = {"编号": "000139", "问题现象": "=1+1\r\n＝甲", "解决方案": "@SUM(A1)"}
    bad = Refusal(source="台账.xlsx", place="第 3 行", reason="bad_date", message="甲。", cells=cells)
    (taken,) = pipeline.read(written([bad], tmp_path / "a.xlsx"), "report", Settings())
    assert isinstance(taken, Draft)
    assert (taken.value.key, taken.value.phenomenon, taken.value.resolution) == ("000139", "=1+1\n＝甲", "@SUM(A1)")


def test_refused_rows_of_any_shape_and_length_are_written(tmp_path: Path):
    from openpyxl import load_workbook

    odd = Refusal(source="a", place="b", reason="empty", message="c", cells={"文": "\x00\ud800" + "长" * 40_000})
    many = [Refusal(source="a", place="b", reason="empty", message="c", cells={f"列{n}": "甲"}) for n in range(60)]
    sheets = load_workbook(written([odd, *many], tmp_path / "a.xlsx")).worksheets
    assert len(sheets) == 51
    assert str(sheets[0]["E2"].value).endswith("截断）")
    assert sum(sheet.max_row - 1 for sheet in sheets) == 61
    assert load_workbook(written([], tmp_path / "b.xlsx")).worksheets[0]["A1"].value == "来源文件"


@pytest.mark.parametrize("profile", profiles.available(), ids=lambda profile: profile.name)
def test_a_profile_names_fields_that_exist(profile: profiles.Profile):
    assert profile.kind in FIELDS
    assert set(profile.columns.values()) - {""} <= {known.name for known in FIELDS[profile.kind]}


def test_what_a_person_chose_goes_before_the_profile():
    settled = profiles.settled(Settings(profile="enquiries", mapping={"单位": "contact"}, encoding="big5"), "台账.xls")
    assert settled.mapping["单位"] == "contact"
    assert settled.mapping["登记日期"] == "occurred"
    assert settled.encoding == "big5"


@pytest.mark.parametrize("kind", FIELDS)
def test_a_title_means_one_field(kind: str):
    titles = [(title, known.name) for known in FIELDS[kind] for title in (known.name, known.label, *known.titles)]
    assert [(title, field_of(title, kind)) for title, _ in titles] == titles


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("問題現象", "phenomenon"),
        ("问　题 现\n象：", "phenomenon"),
        ("联系电话（必填）", "phone"),
        ("聯絡人", "contact"),
        ("ERROR_CODE", "codes"),
        ("爱好", ""),
        ("", ""),
    ],
)
def test_a_title_is_known_in_any_spelling(title: str, name: str):
    assert field_of(title, "report") == name
