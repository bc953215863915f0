"""A customer's logo, checked and made ready for pages and mails."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from reports.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PIL.Image import Image

MOST_BYTES = 512 * 1024
MOST_PIXELS = 4000  # of one side
WIDEST = 120.0  # points; a wider logo is drawn lower, so that the account's name keeps its place
PAGE_SCALE, MAIL_SCALE = 4, 2  # pixels for each point of a page, and for each pixel of a mail
PIXELS = 96 / 72  # of a mail to a point
LENGTH = re.compile(r"\s*(\d*\.?\d+)\s*(px|pt|mm|cm|in)?\s*")
UNITS = {None: 1.0, "px": 1.0, "pt": 96 / 72, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0}
KINDS = ("PNG", "JPEG")
SVG = "{http://www.w3.org/2000/svg}"
NO_PICTURE = "It has to be a PNG, a JPEG or an SVG."


@dataclass(frozen=True)
class MailLogo:
    """A PNG, and how large it is shown, in pixels."""

    content: bytes
    width: int
    height: int


@dataclass(frozen=True)
class Logo:
    """A picture as an address that needs no file, its size on pages in points, its words, and what mails show."""

    address: str
    width: float
    height: float
    alt: str | Mapping[str, str] | None = None
    mail: MailLogo | None = None


def read_logo(
    name: str, content: bytes, height: float, alt: str | Mapping[str, str] | None, mail: tuple[str, bytes] | None
) -> Logo:
    """Return a logo `height` points high; `mail` is the name and the content of a picture for mails alone."""
    if content.lstrip()[:1] == b"<":
        width, height = _fit(_svg_size(name, content), height)
        address = _address("svg+xml", content)
    else:
        picture = _picture(name, content)
        width, height = _fit((float(picture.width), float(picture.height)), height)
        address = _address("png", _png(picture, round(height * PAGE_SCALE)))
        mail = mail or (name, content)
    return Logo(address, width, height, alt, None if mail is None else _for_mail(*mail, height))


def _fit(size: tuple[float, float], height: float) -> tuple[float, float]:
    """Return how large something of that shape is drawn, in points."""
    width = height * size[0] / size[1]
    return (width, height) if width <= WIDEST else (WIDEST, WIDEST * size[1] / size[0])


def _address(kind: str, content: bytes) -> str:
    return f"data:image/{kind};base64,{b64encode(content).decode()}"


def _for_mail(name: str, content: bytes, height: float) -> MailLogo:
    if content.lstrip()[:1] == b"<":
        raise _wrong(name, "is an SVG, which mail programs don't show", "Name a PNG or a JPEG of it as logo.mail.")
    picture = _picture(name, content)
    width, height = _fit((float(picture.width), float(picture.height)), height)
    shown = max(1, round(width * PIXELS)), max(1, round(height * PIXELS))
    return MailLogo(_png(picture, shown[1] * MAIL_SCALE), *shown)


def _picture(name: str, content: bytes) -> Image:
    """Return a picture's pixels, of which there may be so many."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(BytesIO(content), formats=KINDS) as found:
            found.verify()  # the rest of this process may be lenient with files that end too early
        with Image.open(BytesIO(content), formats=KINDS) as found:
            if max(found.size) > MOST_PIXELS:
                text = f"has {found.width} x {found.height} pixels"
                raise _wrong(name, text, f"Make it smaller: {MOST_PIXELS} pixels a side at most.")
            return found.convert("RGBA")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise _wrong(name, "can't be read as a picture", NO_PICTURE) from error


def _png(picture: Image, height: int) -> bytes:
    """Return a PNG no higher than that, in plain red, green and blue, without anything a camera wrote into it."""
    from PIL import Image

    shown = picture
    if picture.height > height:
        width = max(1, round(picture.width * height / picture.height))
        shown = picture.resize((width, height), Image.Resampling.LANCZOS)
    if shown.getchannel("A").getextrema() == (255, 255):  # nothing shines through
        shown = shown.convert("RGB")
    buffer = BytesIO()
    shown.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def _svg_size(name: str, content: bytes) -> tuple[float, float]:
    """Return how wide and how high an SVG says it is; one that reaches beyond itself is refused."""
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise _wrong(name, "has a DOCTYPE", "Save it as plain SVG.")
    try:
        root = ET.fromstring(content)  # noqa: S314 - entities are refused above, and expat limits the rest
    except ET.ParseError as error:
        raise _wrong(name, f"is not well-formed XML: {error}", NO_PICTURE) from error
    if root.tag != f"{SVG}svg":
        raise _wrong(name, "is XML, but no SVG", NO_PICTURE)
    for one in root.iter():
        _refuse_foreign(name, one)
    box = [float(one) for one in re.findall(r"-?\d*\.?\d+", root.get("viewBox", ""))]
    size = [_length(root.get(side)) for side in ("width", "height")]
    wide, high = size if all(size) else box[2:4] if len(box) == len("xywh") else (None, None)
    if not wide or not high or min(wide, high) <= 0:
        raise _wrong(name, "doesn't say how large it is", "Give it a viewBox.")
    return wide, high


def _refuse_foreign(name: str, element: ET.Element) -> None:
    """Refuse what would be drawn with the fonts of some machine, or fetched, or run."""
    kind = str(element.tag).removeprefix(SVG)
    if kind in {"text", "script", "foreignObject"}:
        todo = "Turn its letters into paths." if kind == "text" else "Take that out."
        raise _wrong(name, f"has a <{kind}> in it", todo)
    for key, value in element.attrib.items():
        if key.rpartition("}")[2] == "href" and not value.startswith(("#", "data:")):
            raise _wrong(name, f"refers to {value[:80]}", "Put what it needs into the file.")


def _length(text: str | None) -> float | None:
    match = LENGTH.fullmatch(text or "")
    return float(match[1]) * UNITS[match[2]] if match else None


def _wrong(name: str, what: str, hint: str) -> ConfigError:
    return ConfigError(f"{name} {what}", hint=hint)
