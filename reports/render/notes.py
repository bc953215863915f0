"""A note as it is printed: Markdown that can neither fetch nor style anything."""

from __future__ import annotations

import textwrap
import unicodedata
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from reports.present.formats import RIGHT, clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence

SCHEMES = {"http", "https", "mailto"}  # of links; nothing follows them but a reader
ABOVE, DEEPEST = 2, 6  # levels of headings: that of the section a note stands in, and the last one
COLUMNS = 72  # of plain text
TAB = 4
ROWS = {"thead_open", "tbody_open", "tr_open"}  # run as their table does
LINKS = {"link_open", "link_close"}
MARKS = {"em_open", "em_close", "strong_open", "strong_close"}


def note_html(text: str) -> Markup:
    """Return the note as HTML of its own few elements; what isn't Markdown is shown as it was written."""
    parser = _parser()
    tokens = parser.parse(_lines(text))
    for token in tokens:
        if token.children:
            token.children = _inert(token.children)
    _set_levels(tokens)
    _set_directions(tokens)
    html = str(parser.renderer.render(tokens, parser.options, {}))
    return Markup(_lines(html))  # noqa: S704 - the parser escapes all but its own elements; entities may hide controls


def note_text(text: str) -> str:
    """Return the note as it was written, in lines of about 72 letters; rows of tables stay whole."""
    return "\n".join(one for line in _lines(text).strip().split("\n") for one in _wrapped(line))


def split_heading(text: str) -> tuple[str, str]:
    """Return the heading that a note begins with, as plain words, and the rest; no words where it begins otherwise."""
    clean = _lines(text)
    opening, *others = [*_parser().parse(clean), *[Token("", "", 0)] * 2]
    if opening.type != "heading_open" or opening.map is None:
        return "", clean
    words = "".join(one.content for one in others[0].children or () if one.type in {"text", "code_inline"})
    return words, "\n".join(clean.split("\n")[opening.map[1] :])


class _Parser(MarkdownIt):
    """Reads every link and picture, so that those nobody may follow can be reduced to their words."""

    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's name
        """Take any address; which ones stay is decided on the tokens."""
        del url
        return True


@cache
def _parser() -> MarkdownIt:
    return _Parser("commonmark", {"html": False}).enable("table")


def _lines(text: str) -> str:
    """Clean a text line by line."""
    return "\n".join(clean_line(line) for line in text.expandtabs(TAB).splitlines())


def _set_levels(tokens: Sequence[Token]) -> None:
    """Set headings below that of the section, each at most one level below the one before: none is skipped."""
    before = level = ABOVE
    for token in tokens:
        if token.type == "heading_open":
            level = min(int(token.tag[1:]) + ABOVE, before + 1, DEEPEST)
            before = level
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{level}"


def _set_directions(tokens: Sequence[Token]) -> None:
    """Let each block run as the first letters in it do; what has none runs as the page does."""
    direction = None
    for token in reversed(tokens):
        if token.content.strip():
            direction = _direction(token.content)
        elif token.nesting == 1 and direction and token.type not in ROWS:
            token.attrSet("dir", direction)


def _direction(words: str) -> str | None:
    classes = (unicodedata.bidirectional(one) for one in words)
    strong = next((one for one in classes if one == "L" or one in RIGHT), None)
    return {"L": "ltr", None: None}.get(strong, "rtl")


def _inert(tokens: Sequence[Token]) -> list[Token]:
    """Return words and marks; a picture becomes its alternative text, a link that leads elsewhere its words.

    A link that stays is plain text: a PDF whose links hold anything else isn't one that everybody can read.
    """
    kept: list[Token] = []
    dropped = inside = False
    for token in tokens:
        if token.type == "link_open":
            token.attrs = {"href": str(token.attrGet("href"))}
            dropped = not _may_be_followed(str(token.attrs["href"]))
        if token.type in LINKS:
            inside = token.type == "link_open" and not dropped
        if inside and token.type in MARKS:
            continue
        if inside and token.type in {"code_inline", "hardbreak"}:
            kept.append(Token("text", "", 0, content=token.content or " "))
        elif token.type == "image":
            words = "".join(one.content for one in token.children or ())
            kept.append(Token("text", "", 0, content=words))
        elif not dropped or token.type not in LINKS:
            kept.append(token)
    return kept


def _may_be_followed(address: str) -> bool:
    try:
        found = urlsplit(address)
    except ValueError:
        return False
    return found.scheme in SCHEMES and bool(found.netloc or found.scheme == "mailto")


def _wrapped(line: str) -> list[str]:
    if len(line) <= COLUMNS or line.lstrip().startswith("|"):
        return [line.rstrip()]
    indent = line[: len(line) - len(line.lstrip())]
    return textwrap.wrap(line, COLUMNS, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
