"""`kb evaluate`, `kb labelled`, `kb why`, `kb related` and `kb similar` on a base of imported articles."""

import json
from pathlib import Path

import pytest

from tests.web.cli import done, kb

ARTICLES = """标题,答案
开票软件登录提示证书过期怎么办,打开检测工具以后更新数字证书。
证书过期以后登录不上,请更新证书。
打印发票偏移怎么调整,在打印设置里调整上边距。
"""


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A base with three public articles."""
    monkeypatch.setenv("KB_HOME", str(tmp_path / "home"))
    done("db", "upgrade")
    for username, role in (("writer", "expert"), ("reader", "reviewer"), ("head", "group_head"), ("boss", "manager")):
        done("person", "add", username, "--name", f"{username}·名", "--organisation", "测试局", "--role", role)
    path = tmp_path / "问答.csv"
    path.write_text(ARTICLES, encoding="utf-8")
    done("import", path, "--kind", "article", "--as", "writer")
    done("review", "accept", "--import", "1", "--as", "reader")
    done("review", "sign-off", "1", "2", "3", "--as", "head")
    return tmp_path


def test_labelled_queries_are_kept_and_evaluated(base: Path) -> None:
    assert "KB000001" in done("labelled", "add", "证书过期", "KB000001", "--as", "boss")
    done("labelled", "add", "打印偏移", "kb3")
    assert json.loads(done("labelled", "list", "--json"))["total"] == 2
    told = json.loads(done("evaluate", "--json", "--as", "boss"))
    assert (told["queries"], told["drop"]) == (2, False)
    assert set(told["measures"]) == {"ndcg_10", "mrr_10", "recall_10", "recall_100"}
    assert json.loads(done("evaluate", "--history", "--json")) == [told]
    assert "boss·名" in done("evaluate", "--history")
    assert "nDCG@10" in done("evaluate")
    assert "KB000003" in done("labelled", "list")
    done("labelled", "remove", "打印偏移")
    assert json.loads(done("labelled", "list", "--json"))["total"] == 1
    assert kb("labelled", "remove", "打印偏移").exit_code == 6
    for who in ("writer", "reader"):
        assert kb("evaluate", "--as", who).exit_code == 6
    assert kb("labelled", "add", "证书", "KB000099").exit_code == 8


def test_a_hit_is_explained(base: Path) -> None:
    told = json.loads(done("why", "证书过期", "KB000001", "--json"))
    assert told["own"]["rank"] in (1, 2)
    assert told["own"]["terms"]
    assert "KB000003" in done("why", "证书过期", "KB000003", "--as", "writer")
    assert kb("why", "证书过期", "KB000099").exit_code == 6


def test_related_and_repeated_texts_are_listed(base: Path) -> None:
    assert json.loads(done("related", "KB000001", "--json", "--as", "writer"))[0]["number"] == "KB000002"
    assert "KB000002" in done("related", "KB000001", "--as", "writer")
    assert kb("related", "KB000001").exit_code == 6
    text = "请打开检测工具以后更新数字证书。"
    told = json.loads(done("similar", "-", "--json", "--as", "writer", given=text))
    assert told[0]["number"] == "KB000001"
    assert told[0]["passages"][0]["text"] == "打开检测工具以后更新数字证书"
    (base / "新.txt").write_text(text, encoding="utf-8")
    assert "打开检测工具以后更新数字证书" in done("similar", base / "新.txt", "--as", "writer")
    assert "没有相近的知识" in done("similar", "-", given=text)
    assert kb("similar", "-", given=b"\xff\xfe\x00").exit_code == 0
    assert kb("similar", "-", given="长" * 1_000_000).exit_code == 8
    assert kb("similar", base / "没有.txt").exit_code == 2
