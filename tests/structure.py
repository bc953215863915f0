"""What a program that reads a PDF aloud comes across: its elements in order, with their words."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pikepdf

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE = re.compile(rb"<([0-9a-f]{4})> <([0-9a-f]*)>")


@dataclass
class Element:
    """One element: its kind without the slash, its attributes, and what stands in it."""

    kind: str
    alt: str = ""
    scope: str = ""
    headers: tuple[bytes, ...] = ()
    id: bytes = b""
    kids: list[Element | str] = field(default_factory=list)
    annotations: int = 0

    def all(self, *kinds: str) -> Iterator[Element]:
        """Yield the elements below, of some kinds or of any, in reading order."""
        for kid in self.kids:
            if isinstance(kid, Element):
                if not kinds or kid.kind in kinds:
                    yield kid
                yield from kid.all(*kinds)

    def elements(self) -> list[Element]:
        """Return the elements right below."""
        return [kid for kid in self.kids if isinstance(kid, Element)]

    @property
    def text(self) -> str:
        """All words below, in reading order."""
        return "".join(kid if isinstance(kid, str) else kid.text for kid in self.kids)


@dataclass(frozen=True)
class Reading:
    """A whole file: its elements, what each page leaves out as (kind, words), and what no element names."""

    root: Element
    artifacts: list[list[tuple[str, str]]]
    untagged: list[tuple[int, int]]
    unmarked: int


def read(pdf: bytes) -> Reading:
    """Read a file as assistive programs do: along the structure, never along the page."""
    with pikepdf.open(BytesIO(pdf)) as document:
        pages = {page.obj.objgen: _Content(page) for page in document.pages}
        [top] = document.Root.StructTreeRoot.K
        root = _element(top, pages, None)
        left = [
            (number, mark) for number, page in enumerate(pages.values()) for mark in page.words if mark not in page.used
        ]
        artifacts = [page.artifacts for page in pages.values()]
        return Reading(root, artifacts, left, sum(page.unmarked for page in pages.values()))


class _Content:
    """The marked content of one page: the words under each number."""

    def __init__(self, page: pikepdf.Page) -> None:
        self.words: dict[int, str] = {}
        self.artifacts: list[tuple[str, str]] = []
        self.used: set[int] = set()
        self.unmarked = 0
        self._fonts = {name: _letters(font) for name, font in page.resources.get("/Font", {}).items()}
        self._font: dict[int, str] = {}
        self._read(page)

    def _read(self, page: pikepdf.Page) -> None:
        open_marks: list[tuple[str, Any]] = []
        for operands, operator in pikepdf.parse_content_stream(page, "BDC BMC EMC Tf Tj TJ"):
            match str(operator):
                case "BDC" | "BMC":
                    self._begin(open_marks, operands)
                case "EMC":
                    open_marks.pop()
                case "Tf":
                    self._font = self._fonts[str(operands[0])]
                case _:
                    self._show(open_marks, operands[0])

    def _begin(self, open_marks: list[tuple[str, Any]], operands: Any) -> None:
        about = operands[1] if len(operands) > 1 else {}
        said = str(about.get("/ActualText", ""))
        if str(operands[0]) == "/Artifact":
            self.artifacts.append((str(about.get("/Subtype", "")), said))
            open_marks.append(("", None))
        else:
            number = int(about["/MCID"])
            self.words[number] = said
            open_marks.append(("said" if said else "shown", number))

    def _show(self, open_marks: list[tuple[str, Any]], shown: Any) -> None:
        if not open_marks:
            self.unmarked += 1
            return
        how, number = open_marks[-1]
        parts = shown if isinstance(shown, pikepdf.Array) else [shown]
        words = "".join(self._decoded(bytes(part)) for part in parts if isinstance(part, pikepdf.String))
        if how == "shown":
            self.words[number] += words
        elif not how and self.artifacts:
            kind, before = self.artifacts[-1]
            self.artifacts[-1] = (kind, before + words)

    def _decoded(self, codes: bytes) -> str:
        pairs = range(0, len(codes), 2)
        return "".join(self._font[int.from_bytes(codes[at : at + 2])] for at in pairs)


def _letters(font: Any) -> dict[int, str]:
    found = CODE.findall(font.ToUnicode.read_bytes())
    return {int(code, 16): bytes.fromhex(letters.decode()).decode("utf-16-be") for code, letters in found}


def _element(node: Any, pages: dict[Any, _Content], page: Any) -> Element:
    about = node.get("/A", {})
    made = Element(
        str(node.S)[1:],
        alt=str(node.get("/Alt", "")),
        scope=str(about.get("/Scope", "")),
        headers=tuple(bytes(one) for one in about.get("/Headers", [])),
        id=bytes(node.get("/ID", b"")),
    )
    page = pages[node.Pg.objgen] if "/Pg" in node else page
    kids = node.get("/K", [])
    if "/ActualText" in node:
        page.used.update(kid for kid in kids if isinstance(kid, int))
        made.kids.append(str(node.ActualText))
        made.annotations = sum(1 for kid in kids if not isinstance(kid, int))
        return made
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(kid, int):
            page.used.add(kid)
            made.kids.append(page.words[kid])
        elif kid.get("/Type") == "/OBJR":
            made.annotations += 1
        else:
            made.kids.append(_element(kid, pages, page))
    return made
