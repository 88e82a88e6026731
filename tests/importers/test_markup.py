"""HTML becomes Markdown that says the same and can do nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers.markup import markdown, safe_address


@pytest.mark.parametrize(
    "text", ["", "普通文本", "a < b 且 c > d", "# 标题\n\n- 一\n- 二", "List<String> 与 <3", "*星* _线_"]
)
def test_a_text_without_tags_stays_as_it_is(text: str) -> None:
    assert markdown(text) == text


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>打开<b>设置</b></p><ol><li>一</li><li>二</li></ol>", "打开**设置**\n\n1. 一\n2. 二"),
        ("<ul><li>甲<li>乙<li>丙</ul>后", "- 甲\n- 乙\n- 丙\n\n后"),
        ("<p>一<p>二", "一\n\n二"),
        ("<table><tr><td>甲<td>乙<tr><td>1|2<td>3</table>", "| 甲 | 乙 |\n| --- | --- |\n| 1\\|2 | 3 |"),
        ('<a href="https://a.example/x">页</a>', "[页](https://a.example/x)"),
        ('<img src="attachment:图.png" alt="示意">', "![示意](attachment:图.png)"),
        ("<pre>select * from t_x</pre>", "```\nselect * from t_x\n```"),
        ("<p>tidb_snapshot 与 _前</p>", "tidb_snapshot 与 \\_前"),
    ],
)
def test_texts_lists_tables_and_links_are_kept(html: str, expected: str) -> None:
    assert markdown(html) == expected


@pytest.mark.parametrize(
    "html", ["<p></p>", "<br><br/>", "<div> &nbsp; </div>", "<script>alert(1)</script>", "<p><img src=x></p>"]
)
def test_markup_without_text_is_empty(html: str) -> None:
    assert markdown(html) == ""


@pytest.mark.parametrize(
    "html",
    [
        "<p>好</p><script>alert(1)</script>",
        "<p onclick='alert(1)'>好</p>",
        "<a href='javascript:alert(1)'>好</a>",
        "<a href='java\nscript:alert(1)'>好</a>",
        "<a href=' \x01javascript:alert(1)'>好</a>",
        "<a href='data:text/html,alert(1)'>好</a>",
        "<a href='vbscript:alert(1)'>好</a>",
        "<p>好</p><iframe src='https://a.example/alert(1)'></iframe>",
        "<p>好</p><svg onload='alert(1)'><script>alert(1)</script></svg>",
        "<style>alert(1)</style><p>好</p>",
        "<p>好</p><img src='https://a.example/alert(1).png'>",
        "<img src=x onerror=alert(1)>好<b></b>",
    ],
)
def test_nothing_that_acts_or_fetches_survives(html: str) -> None:
    assert markdown(html) == "好"


def test_what_is_told_as_text_does_not_become_markup() -> None:
    assert markdown("<p>&lt;script&gt; 与 &amp;lt;</p>") == "&lt;script> 与 &amp;lt;"
    assert markdown("<p>[点](javascript:alert(1))</p>") == "[点\\](javascript:alert(1))"
    assert markdown("<p># 注释</p>") == "\\# 注释"


def test_depth_beyond_reason_gives_the_text_alone() -> None:
    assert markdown("<div>" * 5000 + "深" + "</div>" * 5000) == "深"
    assert markdown("<b>" * 100 + "深") == "深"


@given(st.text(alphabet="<>/=\"'&;abilptd javscript:\n一", max_size=300))
def test_any_text_gives_some_text_without_a_script_tag_or_address(text: str) -> None:
    result = markdown("<p>" + text + "</p>")
    assert "<script" not in result
    assert "](javascript:" not in result


@given(st.text(max_size=60))
def test_an_address_is_safe_or_gone(address: str) -> None:
    assert safe_address("javascript:" + address) == ""
    assert safe_address(address) == "" or ":" in safe_address(address) or safe_address(address).startswith("#")
