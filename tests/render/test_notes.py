"""A note is read as Markdown, and can neither fetch, run nor style anything."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reports.render.notes import COLUMNS, note_html, note_text

ELEMENTS = {
    *("p", "br", "hr", "strong", "em", "a", "ul", "ol", "li", "blockquote", "pre", "code"),
    *("h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"dir": {"ltr", "rtl"}, "style": {"text-align:left", "text-align:right", "text-align:center"}}
FRAGMENTS = [
    *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<style>p{}</style>", "<!-- x -->", "<b", "</p>"),
    *("[a](javascript:alert(1))", "[a](https://x.example)", "<https://x.example>", "![a](https://x.example/a.png)"),
    *("[![a](file:///etc/passwd)](data:text/html,x)", "&#x202e;", "&lt;b&gt;", "\u202e", "\x00", "\x1b[31m", "نورة"),
    *("# ", "###### ", "> ", "- ", "1. ", "    ", "```\n", "|a|b|\n|:-:|-|\n|1|2|\n", "**", "_", "`", "\n", "\n\n"),
]


class Elements(HTMLParser):
    """Collects the words that a browser would show, and the elements with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words = ""
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_data(self, data: str) -> None:
        self.words += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_comment(self, data: str) -> None:
        pytest.fail(data)


def read(text: str) -> Elements:
    return Elements(str(note_html(text)))


def links(text: str) -> list[str | None]:
    return [attributes.get("href") for tag, attributes in read(text).found if tag == "a"]


@given(st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=12), max_size=12).map("".join))
@example("".join(FRAGMENTS))
def test_whatever_is_written_only_known_elements_come_out(text: str) -> None:
    for tag, attributes in read(text).found:
        assert tag in ELEMENTS
        for name, value in attributes.items():
            if name == "href":
                assert tag == "a"
                assert str(value).lower().startswith(("http://", "https://", "mailto:"))
            elif name == "start":
                assert str(value).isdecimal()
            elif name != "class":
                assert value in ATTRIBUTES[name]


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "a <b onclick=x>b</b>", "<!-- x -->", "<div>\n\nx"])
def test_html_is_shown_as_it_was_written(text: str) -> None:
    found = read(text)
    assert {tag for tag, _ in found.found} == {"p"}
    assert found.words.split() == text.split()


@pytest.mark.parametrize(
    ("address", "stays"),
    [
        *((one, True) for one in ("http://a.example", "HTTPS://a.example/x?y=1", "mailto:noura@example.com")),
        *((one, False) for one in ("javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x")),
        *((one, False) for one in ("file:///etc/passwd", "/etc/passwd", "#top", "//a.example", "https:", "http:///x")),
        *((one, False) for one in ("java&#115;cript:x", "&#x6a;avascript:x", "ftp://a.example", "")),
    ],
)
def test_a_link_leads_to_the_web_or_to_a_mailbox_or_is_its_words(address: str, stays: bool) -> None:
    assert (len(links(f'[words]({address} "title")')) == 1) == stays
    assert read(f"[words]({address})").words.strip() == "words"


@pytest.mark.parametrize(
    "address", ["https://a.example/a.png", "file:///etc/passwd", "data:image/png;base64,x", "a.png"]
)
def test_a_picture_is_the_words_that_stand_for_it(address: str) -> None:
    found = read(f"before ![the **new** chart]({address}) after")
    assert found.found == [("p", {"dir": "ltr"})]
    assert found.words.strip() == "before the new chart after"


def test_a_link_holds_plain_text() -> None:
    html = str(note_html("[so **very** *much* `code` ![picture](x.png)](https://example.com) and **more**"))
    assert '<a href="https://example.com">so very much code picture</a>' in html
    assert "<strong>more</strong>" in html


@given(levels=st.lists(st.integers(1, 6), min_size=1, max_size=8))
def test_no_level_of_headings_is_skipped(levels: list[int]) -> None:
    html = str(note_html("\n\n".join(f"{'#' * level} Heading" for level in levels)))
    found = [2, *(int(one) for one in re.findall(r"<h(\d)", html))]
    assert len(found) == len(levels) + 1
    assert all(2 < after <= min(before + 1, 6) for before, after in pairwise(found) if after > before)
    assert html.count("<h") == html.count("</h")


def test_headings_stand_below_that_of_the_section() -> None:
    tags = [tag for tag, _ in read("# a\n## b\n### c\n#### d\n##### e\n###### f\ng\n=").found]
    assert tags == ["h3", "h4", "h5", "h6", "h6", "h6", "h3"]


def test_tables_lists_and_emphasis_are_read() -> None:
    tags = {tag for tag, _ in read("|a|b|\n|-|-:|\n|1|*2*|\n\n- **x**\n\n1. `y`\n\n> z").found}
    assert {"table", "th", "td", "em", "ul", "li", "strong", "ol", "code", "blockquote"} <= tags


def test_each_block_runs_as_its_own_letters_do() -> None:
    found = read("Noura\n\nنورة: 86K\n\n86\n\n- سارة\n- Lina")
    assert found.found == [
        ("p", {"dir": "ltr"}),
        ("p", {"dir": "rtl"}),
        ("p", {}),
        ("ul", {"dir": "rtl"}),
        ("li", {"dir": "rtl"}),
        ("li", {"dir": "ltr"}),
    ]


@pytest.mark.parametrize("hidden", ["\u202e", "\u2066", "\x00", "\x1b", "\u200f", "\ufeff", "&#x202e;", "&#x200f;"])
def test_nothing_hides_in_a_note(hidden: str) -> None:
    assert str(note_html(f"a{hidden}b")) in {'<p dir="ltr">ab</p>', '<p dir="ltr">a\ufffdb</p>'}
    assert note_text(f"a{hidden}b") in {"ab", f"a{hidden}b"}
    assert hidden.startswith("&") or hidden not in note_text(f"a{hidden}b")


def test_the_text_is_the_markdown_in_lines_of_like_length() -> None:
    text = "# Title\r\n\r\n" + "word " * 40 + "\n  - " + "item " * 30 + "\n\n" + "|x" * 60 + "|\n" + "w" * 300
    lines = note_text(text).split("\n")
    assert lines[:2] == ["# Title", ""]
    assert " ".join(" ".join(lines).split()) == " ".join(text.split())
    assert {len(line) <= COLUMNS for line in lines[:-2]} == {True}
    assert [line for line in lines if line.startswith("  - ")]
    assert lines[-2:] == ["|x" * 60 + "|", "w" * 300]


def test_no_note_is_nothing() -> None:
    assert str(note_html("")) == note_text("") == ""
