"""The benchmark of relevance on a small set of our own: it reads both forms, and tells what it promises."""

import gzip
import json
import math
from pathlib import Path

import pytest

from benchmarks import asking, baselines, relevance, suites
from benchmarks.judged import load
from indexer.analysis.analyzer import Analyzer
from indexer.search import find

ENTRIES = {
    "a": ("开票软件登录不上", "提示证书过期时，更新数字证书后重新登录开票软件。"),
    "b": ("申报表无法保存", "保存时报 ORA-00942，请联系运维人员重建同义词后再试。"),
    "c": ("打印机打印空白", "更换墨盒，重新安装打印机的驱动程序之后打印正常。"),
    "d": ("发票清单导入失败", "清单里有空行，删除空行以后重新导入发票清单文件。"),
}
ASKED = {"1": ("开票软件登录不了", "a"), "2": ("保存申报表报错 ora942", "b"), "3": ("打印出来是空白的", "c")}


@pytest.fixture(params=[True, False], ids=["packed", "plain"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    place = tmp_path / "set"
    place.mkdir()
    documents = [{"id": key, "title": title, "body": body} for key, (title, body) in ENTRIES.items()]
    questions = [{"id": key, "text": text} for key, (text, _) in ASKED.items()] + [{"id": "9", "text": "没人判断"}]
    told = {
        "docs.jsonl": "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in documents),
        "queries.jsonl": "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in questions),
        "qrels.tsv": "query_id\tdoc_id\trel\n" + "".join(f"{key}\t{one}\t1\n" for key, (_, one) in ASKED.items()),
    }
    for name, text in told.items():
        if request.param:
            (place / f"{name}.gz").write_bytes(gzip.compress(text.encode()))
        else:
            (place / name).write_text(text, "utf-8")
    return place


def printed(capsys: pytest.CaptureFixture[str], *given: object) -> str:
    relevance.main([*map(str, given), "--index", "memory:"])
    return capsys.readouterr().out


def test_json_has_the_figures_of_every_set_and_of_the_others(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(printed(capsys, folder, "--json"))
    own = told["sets"][folder.name]
    measured = {"ndcg@10", "mrr@10", "recall@10", "recall@100"}
    assert own.keys() >= {*measured, "p50_ms", "p95_ms", "one_character", "jieba_words"}
    assert own["one_character"].keys() == own["jieba_words"].keys() == measured
    assert own["ndcg@10"] == own["recall@100"] == 1
    assert told["geometric_mean"].keys() == {"one_character", "jieba_words"}


def test_the_table_names_the_set_and_the_ratios(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = printed(capsys, folder)
    assert f"| {folder.name} | **1.000** |" in told
    assert "against one character" in told


def test_a_run_is_compared_question_by_question(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "run.jsonl"
    printed(capsys, folder, "--per-query", kept)
    lines = [json.loads(line) for line in kept.read_text("utf-8").splitlines()]
    assert [(one["question"], one["ndcg@10"]) for one in lines] == [(key, 1.0) for key in ASKED]
    worse = [json.dumps({**one, "ndcg@10": 0.5}) for one in lines]
    kept.write_text("\n".join(worse), "utf-8")
    assert "+0.5000 nDCG@10 over 3 questions, 3 better, 0 worse" in printed(capsys, folder, "--compare", kept)


def test_rankings_are_those_of_a_search(folder: Path) -> None:
    judged, analyzer = load(str(folder)), Analyzer()
    with asking.indexed(judged, "memory:", analyzer) as engine:
        run = relevance.measure(judged, engine, analyzer, ())
        for key, text in judged.questions.items():
            hits = find(engine, analyzer, asking.SCHEMA, text, limit=100).hits
            assert list(run.rankings[key]) == [hit.id for hit in hits]


def test_the_baseline_is_plain_bm25() -> None:
    index = baselines.indexed([("x", "税 税 局"), ("y", "局 a1")], baselines.one_character)
    assert baselines.one_character("税局A1。b") == ["税", "局", "a1", "b"]
    assert index.ranked("税") == ["x"]
    assert index.ranked("局") == ["y", "x"]  # the shorter one
    assert index.ranked("a1 没有") == ["y"]
    assert index.norms[1] == pytest.approx(1.2 * (0.25 + 0.75 * 2 / 2.5))
    assert math.isclose(index.postings["税"][1][0], 2)


@pytest.mark.parametrize("name", ["codes", "scripts", "short"])
def test_suites_are_the_same_each_time_and_all_is_found(folder: Path, name: str) -> None:
    judged, analyzer = load(str(folder)), Analyzer()
    with asking.indexed(judged, "memory:", analyzer) as engine:
        told = [suites.SUITES[name](judged, engine, analyzer) for _ in range(2)]
    assert told[0] == told[1]
    assert told[0].get("missed", []) == []
    assert told[0].get("kept", 1) == 1
    assert told[0].get("asked", 1) > 0


def test_typos_are_made_and_survived(folder: Path, corpora: Path) -> None:
    judged, analyzer = load(str(folder)), Analyzer()
    with asking.indexed(judged, "memory:", analyzer) as engine:
        told = suites.typos(judged, engine, analyzer)
    assert told["questions"] == 3
    assert told["kept as shown"] > 0.9


def test_a_set_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load(str(tmp_path / "nothing"))
