"""Searching through the pages."""

from collections.abc import Callable
from urllib.parse import quote

from kb_service.bootstrap import KnowledgeBase
from tests.web.conftest import Reader

Readers = Callable[..., Reader]
Publish = Callable[..., str]


def test_the_home_page_shows_what_was_published_last(reader: Readers, publish: Publish) -> None:
    publish("开票软件登录不上，提示证书过期")
    page = reader().get("/")
    assert page.status_code == 200
    assert 'lang="zh-CN"' in page.text
    assert "开票软件登录不上，提示证书过期" in page.text


def test_a_visitor_finds_a_public_article_by_its_words(reader: Readers, publish: Publish) -> None:
    number = publish("开票软件登录不上，提示证书过期")
    page = reader().get("/search?q=证书过期")
    assert number in page.text
    assert "<mark>" in page.text


def test_an_internal_article_is_not_told_to_a_visitor(reader: Readers, publish: Publish) -> None:
    number = publish("核心库主机切换步骤", audience="internal")
    assert number not in reader().get("/search?q=主机切换").text
    assert "登录后可以找到内部知识" in reader().get("/search?q=主机切换").text
    assert number in reader("officer").get("/search?q=主机切换").text


def test_a_script_gets_the_results_alone_and_the_count_to_be_read_out(reader: Readers, publish: Publish) -> None:
    publish("打印机脱机")
    answer = reader().fragment("/search?q=打印机")
    assert "<html" not in answer.text
    assert 'id="status" hx-swap-oob' in answer.text
    assert "HX-Request" in answer.vary


def test_a_page_restored_from_the_history_is_whole(reader: Readers) -> None:
    answer = reader().fragment("/search?q=打印机", **{"HX-History-Restore-Request": "true"})
    assert "<html" in answer.text


def test_a_facet_narrows_and_can_be_taken_back(reader: Readers, publish: Publish) -> None:
    faq = publish("打印机怎么共享", kind="faq", fields={"answer": "在属性里共享打印机。"})
    solution = publish("打印机脱机")
    everything = reader().get("/search?q=打印机").text
    assert "kind=faq" in everything
    narrowed = reader().get("/search?q=打印机&kind=faq").text
    assert faq in narrowed
    assert solution not in narrowed
    assert "清除筛选" in narrowed
    assert 'type="hidden" form="search" name="kind" value="faq"' in narrowed


def test_a_search_without_hits_says_what_to_do_next(reader: Readers) -> None:
    assert "换个说法" in reader().get("/search?q=量子纠缠").text
    staff = reader("expert").get("/search?q=量子纠缠").text
    assert "登记为处理报告" in staff
    assert "写一条知识" in staff


def test_a_long_text_is_searched_by_post(reader: Readers, publish: Publish) -> None:
    number = publish("导出报错", codes=("ORA-00942",))
    page = reader().post("/search", q="无关的日志行\n" * 20_000 + "caused by ORA-00942")
    assert page.status_code == 200
    assert number in page.text
    assert len(page.text) < 100_000


def test_an_address_that_is_too_long_is_refused_with_a_cure(reader: Readers) -> None:
    page = reader().get("/search?q=" + "x" * 7000)
    assert page.status_code == 414
    assert "粘贴进检索框" in page.text


def test_whatever_is_asked_comes_back_as_text(reader: Readers) -> None:
    visitor = reader()
    for words in ('"><svg onload=alert(1)>', "</script><script>alert(1)</script>", "{{7*7}}", "证书\ud800\x00"):
        told = quote(words, errors="surrogatepass")
        page = visitor.get(f"/search?q={told}")
        assert page.status_code == 200
        assert "<svg onload" not in page.text
        assert "<script>alert" not in page.text
        assert ">49<" not in page.text


def test_odd_parameters_are_passed_over(reader: Readers) -> None:
    visitor = reader()
    for query in ("page=-1", "page=99999999999", "page=x", "sort=author", "kind=nix&kind=", "limit=9999", "year=x"):
        assert visitor.get(f"/search?q=打印机&{query}").status_code == 200, query


def test_an_index_that_is_not_there_is_said_and_the_rest_works(
    reader: Readers, publish: Publish, kb, monkeypatch
) -> None:
    from kb_service.errors import SearchUnavailable

    number = publish("打印机脱机")

    def fail(*_: object, **__: object) -> None:
        raise SearchUnavailable

    monkeypatch.setattr(kb.search, "find", fail)
    monkeypatch.setattr(kb.search, "like", fail)
    page = reader().get("/search?q=打印机")
    assert page.status_code == 503
    assert page.headers["Retry-After"]
    assert "检索暂时不可用" in page.text
    assert "没有找到" not in page.text
    assert reader().get(f"/articles/{number}").status_code == 200
    expert = reader("expert")
    assert expert.get("/candidates/new?title=打印机").status_code == 200


def test_a_repaired_search_says_so_and_leads_back(reader: Readers, publish: Publish, kb: KnowledgeBase) -> None:
    number = publish("开票软件登录白屏")
    kb.suggest.find(kb.people.visitor(), "等", wait=60)
    page = reader().get("/search?q=kaipiao ruanjian").text
    assert number in page
    assert "已按“开票软件”检索" in page
    assert 'value="kaipiao ruanjian"' in page
    assert "exact=1" in page
    exact = reader().get("/search?q=kaipiao ruanjian&exact=1").text
    assert number not in exact
    assert "已按" not in exact


def test_what_may_have_been_meant_is_offered(reader: Readers, publish: Publish) -> None:
    publish("增值税发票开具")
    page = reader().get("/search?q=增值睡发票&kind=solution").text
    assert "您是不是要找" in page
    assert f"q={quote('增值税发票')}" in page


def test_a_relaxed_search_says_how_far(reader: Readers, publish: Publish) -> None:
    publish("打印机脱机")
    page = reader().get("/search?q=打印机 龙门 量子 飞船").text
    assert "没有内容同时包含" in page
    assert "没有内容同时包含" not in reader().get("/search?q=打印机脱机").text


def test_options_for_what_is_being_typed_lead_to_articles(reader: Readers, publish: Publish, kb: KnowledgeBase) -> None:
    number = publish("电子税务局<b>登录</b>白屏", codes=("E-77",))
    kb.suggest.find(kb.people.visitor(), "等", wait=60)
    options = reader().get("/suggest?q=dzsw").text
    assert options.count('role="option"') == 1
    assert f'data-url="/articles/{number}"' in options
    assert "&lt;b&gt;" in options
    assert "电子税务局" in reader().get("/suggest?q=E-7").text, "a code is told with its title"
    assert reader().get("/suggest").text.strip() == reader().get("/suggest?q=").text.strip() == ""


def test_an_option_is_told_to_nobody_who_may_not_read_it(reader: Readers, publish: Publish) -> None:
    publish("核心库主机切换步骤", audience="internal")
    assert "主机" not in reader().get("/suggest?q=核心").text
