"""Nothing on a page can make the renderer fetch anything, and what it makes is a tagged PDF."""

from __future__ import annotations

import re
import shutil
import threading
from base64 import b64encode
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import quote

import pikepdf
import pypdfium2
import pytest
from matplotlib.image import imsave
from weasyprint import HTML

from reports.errors import RenderError
from reports.present.fonts import FACES, font_face_css
from reports.present.templates import Templates
from reports.render.pdf import html_to_pdf, libraries
from tests.making import CHECKOUT, templates

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MARK = "outside-the-templates-5f0c1b"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9" height="9">{}</svg>'


def picture(shade: int = 255) -> bytes:
    buffer = BytesIO()
    imsave(buffer, [[shade / 255, 0.0], [0.0, 0.5]], vmin=0, vmax=1, format="png")
    return buffer.getvalue()


PNG = picture()


def page(body: str, head: str = "") -> str:
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Weekly</title>'
        f"{head}</head><body>{body}</body></html>"
    )


def as_data(text: str, kind: str = "image/svg+xml") -> str:
    return f"data:{kind};base64,{b64encode(text.encode()).decode()}"


def svg(inner: str) -> str:
    return SVG.format(inner)


# Every way to name an address on a page; {} stands for it.
WAYS = {
    "img": page('<img src="{}" alt="">'),
    "background": page('<p style="background: url({})">x</p>'),
    "background, quoted": page("<p>x</p>", "<style>p {{ background-image: url('{}') }}</style>"),
    "list-style-image": page("<ul><li>x</ul>", '<style>li {{ list-style-image: url("{}") }}</style>'),
    "content": page("<p>x</p>", '<style>p::before {{ content: url("{}") }}</style>'),
    "border-image": page("<p>x</p>", '<style>p {{ border: 9px solid; border-image: url("{}") 3 }}</style>'),
    "page background": page("x", '<style>@page {{ background: url("{}") }}</style>'),
    "page margin box": page("x", '<style>@page {{ @top-left {{ content: url("{}") }} }}</style>'),
    "import": page("x", '<style>@import url("{}");</style>'),
    "import as text": page("x", '<style>@import "{}";</style>'),
    "link stylesheet": page("x", '<link rel="stylesheet" href="{}">'),
    "font-face": page(
        '<p style="font-family: Stolen">x</p>', '<style>@font-face {{ font-family: Stolen; src: url("{}") }}</style>'
    ),
    "object": page('<object data="{}" type="image/png">x</object>'),
    "embed": page('<embed src="{}" type="image/png">'),
    "attached file": page("x", '<link rel="attachment" href="{}">'),
    "attached to a link": page('<a rel="attachment" href="{}">x</a>'),
    "svg image": page(svg('<image href="{}" width="9" height="9"/>')),
    "svg image, old": page(svg('<image xlink:href="{}" width="9" height="9"/>')),
    "base": page('<img src="x.png" alt="">', '<base href="{}/">'),
}
# Where a picture or style sheet inside a data: address names it.
NESTED = {
    "image": '<image href="{}" width="9" height="9"/>',
    "old image": '<image xlink:href="{}" width="9" height="9"/>',
    "use": '<use href="{}#a"/>',
    "entity": "",
    "css": "",
    "style": '<style>@import url("{}"); rect {{ fill: url({}#a) }}</style><rect width="9" height="9"/>',
}
# weasyprint asks for nothing here; should it begin to, this must not change.
QUIET = {
    "input": page('<input type="image" src="{}" alt="x">'),
    "svg use": page(svg('<use href="{}#a"/>')),
    "iframe": page('<iframe src="{}"></iframe>'),
    "script": page('<script src="{}"></script>'),
    "srcset": page('<picture><source srcset="{}"><img srcset="{} 2x" alt=""></picture>'),
    "poster": page('<video poster="{}" src="{}"></video><audio src="{}"></audio>'),
    "icon": page("x", '<link rel="icon" href="{}"><link rel="preload" as="image" href="{}">'),
    "refresh": page("x", '<meta http-equiv="refresh" content="0; url={}">'),
    "form": page('<form action="{}"><button formaction="{}">x</button></form>'),
    "ping": page('<a href="{}" ping="{}">x</a>'),
    "cursor": page('<p style="cursor: url({}), auto">x</p>'),
    "mask": page('<p style="mask-image: url({}); filter: url({}#a); clip-path: url({}#a)">x</p>'),
}


@dataclass
class Loopback:
    """Where the server listens, and what it was asked for."""

    port: int
    asked: list[str] = field(default_factory=list)

    def url(self, path: str = "/x.png") -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@pytest.fixture(scope="module")
def listening() -> Iterator[Loopback]:
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            redirect = self.path.startswith("/redirect")
            self.send_response(302 if redirect else 200)
            if redirect:
                self.send_header("Location", "/x.png")
            self.send_header("Content-Type", "image/png")
            self.send_header("Content-Length", str(len(PNG)))
            self.end_headers()
            self.wfile.write(PNG)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield Loopback(server.server_port, asked)
        server.shutdown()
        thread.join()


@pytest.fixture
def loopback(listening: Loopback) -> Iterator[Loopback]:
    listening.asked.clear()
    yield listening
    assert listening.asked == [], "the page made the renderer fetch"


def written(way: str, url: str) -> str:
    return way.replace("{}", url).replace("{{", "{").replace("}}", "}")


def nested(name: str, url: str) -> str:
    if name == "entity":
        inner = svg('<text y="8">&x;</text>')
        return pictured(f'<!DOCTYPE svg [<!ENTITY x SYSTEM "{url}">]>{inner}')
    if name == "css":
        style = as_data(f'@import url("{url}");', "text/css")
        return page("x", f'<link rel="stylesheet" href="{style}">')
    return pictured(svg(written(NESTED[name], url)))


def pictured(drawing: str) -> str:
    return page(f'<img src="{as_data(drawing)}" alt="x">')


def streams(pdf: bytes) -> bytes:
    with pikepdf.open(BytesIO(pdf)) as opened:
        found = [one.read_bytes() for one in opened.objects if isinstance(one, pikepdf.Stream) and _readable(one)]
        return b"\n".join(found)


def _readable(stream: pikepdf.Stream) -> bool:
    return "/DCTDecode" not in str(stream.get("/Filter", ""))


def images(pdf: bytes) -> int:
    with pikepdf.open(BytesIO(pdf)) as opened:
        return sum(isinstance(one, pikepdf.Stream) and one.get("/Subtype") == "/Image" for one in opened.objects)


def text(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as opened:
        return "\n".join(one.get_textpage().get_text_bounded() for one in opened)


def has_nothing_from_outside(html: str) -> None:
    """Render, which may be refused; if it isn't, the file must hold nothing but its own words."""
    with suppress(RenderError):
        pdf = html_to_pdf(html, templates())
        assert images(pdf) == 0
        assert b"/EmbeddedFile" not in pdf
        assert MARK not in text(pdf)
        assert MARK.encode() not in streams(pdf)


@pytest.mark.parametrize("name", WAYS)
def test_these_ways_do_reach_a_server_if_nobody_stops_them(listening: Loopback, name: str) -> None:
    listening.asked.clear()
    HTML(string=written(WAYS[name], listening.url())).write_pdf()
    assert listening.asked


@pytest.mark.parametrize("name", WAYS)
def test_no_page_reaches_a_server(loopback: Loopback, name: str) -> None:
    with pytest.raises(RenderError) as raised:
        html_to_pdf(written(WAYS[name], loopback.url()), templates())
    assert raised.value.permanent
    assert raised.value.hint
    assert f"127.0.0.1:{loopback.port}" in raised.value.message or name.startswith("svg")


@pytest.mark.parametrize("name", NESTED)
def test_no_picture_inside_a_picture_reaches_a_server(loopback: Loopback, name: str) -> None:
    has_nothing_from_outside(nested(name, loopback.url()))


@pytest.mark.parametrize("name", QUIET)
def test_what_is_not_drawn_is_not_fetched(loopback: Loopback, name: str) -> None:
    has_nothing_from_outside(written(QUIET[name], loopback.url()))


@pytest.mark.parametrize("path", ["/redirect/x.png", "/x.png?a=file:///etc/hostname", "/fonts/Inter-Regular.ttf"])
def test_no_address_of_a_server_is_good_enough(loopback: Loopback, path: str) -> None:
    with pytest.raises(RenderError, match="refers to http"):
        html_to_pdf(written(WAYS["img"], loopback.url(path)), templates())


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1:{}/x.png", "gopher://127.0.0.1:{}/x", "HTTP://127.0.0.1:{}/x.png", "//127.0.0.1:{}/x.png"]
)
def test_no_other_scheme_is_fetched(loopback: Loopback, url: str) -> None:
    has_nothing_from_outside(written(WAYS["img"], url.replace("{}", str(loopback.port))))


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "x.png").write_bytes(PNG)
    (folder / "x.svg").write_text(svg(f"<text y='8'>{MARK}</text>"))
    (folder / "x.css").write_text(f"body::before {{ content: '{MARK}' }}")
    (folder / "x.txt").write_text(MARK)
    return folder


@pytest.mark.parametrize("file", ["x.png", "x.svg", "x.css", "x.txt", ""])
@pytest.mark.parametrize("name", ["img", "import", "link stylesheet", "attached file", "object", "font-face"])
def test_no_file_outside_the_templates_is_read(outside: Path, name: str, file: str) -> None:
    url = (outside / file).as_uri()
    with pytest.raises(RenderError, match="neither a data: address nor an asset"):
        html_to_pdf(written(WAYS[name], url), templates())


@pytest.mark.parametrize("name", NESTED)
def test_no_picture_inside_a_picture_reads_a_file(outside: Path, name: str) -> None:
    has_nothing_from_outside(nested(name, (outside / ("x.txt" if name == "entity" else "x.svg")).as_uri()))


@pytest.mark.parametrize("way", ["{0}/../{1}", "{0}/%2e%2e/{1}", "{0}/fonts/..%2f..%2f{1}", "{0}/fonts/%00../{1}"])
def test_no_path_leads_out_of_the_templates(tmp_path: Path, outside: Path, way: str) -> None:
    inside = tmp_path / "templates"
    (inside / "fonts").mkdir(parents=True)
    url = way.format(inside.as_uri(), f"{outside.name}/x.png")
    with pytest.raises(RenderError):
        html_to_pdf(written(WAYS["img"], url), Templates((inside,)))


def test_no_link_inside_the_templates_leads_out_of_them(tmp_path: Path, outside: Path) -> None:
    inside = tmp_path / "templates"
    inside.mkdir()
    (inside / "x.png").symlink_to(outside / "x.png")
    with pytest.raises(RenderError, match="asset"):
        html_to_pdf(written(WAYS["img"], (inside / "x.png").as_uri()), Templates((inside,)))


@pytest.mark.parametrize("name", ["weekly/page.html", "themes/default.toml", "fonts/cut.py", "fonts/Inter-OFL.txt"])
def test_a_template_is_no_asset(name: str) -> None:
    path = templates().find(name)
    assert path is not None
    with pytest.raises(RenderError, match="asset"):
        html_to_pdf(written(WAYS["attached file"], path.as_uri()), templates())


@pytest.mark.parametrize("folder", ["templates", "with space", "100%25", "a%20b", "قوالب", "a#b?c"])
def test_assets_of_the_templates_are_used_wherever_they_lie(tmp_path: Path, folder: str) -> None:
    inside = tmp_path / folder / "templates"
    shutil.copytree(CHECKOUT / "templates" / "fonts", inside / "fonts")
    (inside / "logo.png").write_bytes(PNG)
    own = Templates((inside,))
    css = f"<style>{font_face_css(own)} body {{ font-family: Inter }}</style>"
    pdf = html_to_pdf(page(f'<img src="{(inside / "logo.png").as_uri()}" alt="Logo"> Words', css), own)
    assert images(pdf)
    assert "Words" in text(pdf)
    assert b"Inter" in pdf


def test_pictures_as_data_are_drawn() -> None:
    png = page(f'<img src="data:image/png;base64,{b64encode(PNG).decode()}" alt="A picture">')
    assert images(html_to_pdf(png, templates()))
    drawn = html_to_pdf(pictured(svg('<text y="8">drawn</text>')), templates())
    assert "drawn" in text(drawn)


@pytest.mark.parametrize(
    "src", ["data:image/png;base64,AAAA", "data:image/svg+xml,%3Csvg", "data:,", "data:image/png;base64,%"]
)
def test_a_broken_picture_is_an_error_and_not_left_away(src: str) -> None:
    with pytest.raises(RenderError) as raised:
        html_to_pdf(page(f'<img src="{src}" alt="x">'), templates())
    assert raised.value.hint


def test_a_font_that_is_gone_is_an_error_and_no_other_font(tmp_path: Path) -> None:
    shutil.copytree(CHECKOUT / "templates" / "fonts", tmp_path / "fonts")
    own = Templates((tmp_path,))
    css = font_face_css(own)
    (tmp_path / "fonts" / FACES[0].file).unlink()
    with pytest.raises(RenderError, match=quote(FACES[0].file)):
        html_to_pdf(page("x", f"<style>{css} body {{ font-family: Inter }}</style>"), own)


BODY = '<h1>Weekly</h1><p>Value won rose.</p><table><tr><th scope="col">Won</th></tr><tr><td>10</td></tr></table>'


@pytest.fixture(scope="module")
def made() -> bytes:
    css = f"<style>{font_face_css(templates())} * {{ font-family: Inter }}</style>"
    return html_to_pdf(page(BODY, css), templates())


def test_the_file_is_tagged_and_says_so(made: bytes) -> None:
    with pikepdf.open(BytesIO(made)) as opened:
        assert opened.Root.MarkInfo.Marked
        assert opened.Root.Lang == "en"
        assert "/StructTreeRoot" in opened.Root
        assert opened.Root.ViewerPreferences.DisplayDocTitle
        with opened.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
            assert metadata["dc:title"] == "Weekly"


def test_only_our_fonts_are_in_it_and_all_of_them_embedded(made: bytes) -> None:
    with pikepdf.open(BytesIO(made)) as opened:
        fonts = [
            one
            for one in opened.objects
            if isinstance(one, pikepdf.Dictionary) and one.get("/Type") == "/FontDescriptor"
        ]
        assert fonts
        for one in fonts:
            assert re.match(r"/[A-Z]{6}\+Inter", str(one.FontName))
            assert "/FontFile2" in one or "/FontFile3" in one


def test_the_same_page_gives_the_same_bytes(made: bytes) -> None:
    css = f"<style>{font_face_css(templates())} * {{ font-family: Inter }}</style>"
    assert html_to_pdf(page(BODY, css), templates()) == made
    assert html_to_pdf(page(BODY + "<p>more</p>", css), templates()) != made


def test_an_error_of_one_page_is_not_held_against_the_next() -> None:
    with pytest.raises(RenderError):
        html_to_pdf(page('<img src="data:image/png;base64,AAAA" alt="x">'), templates())
    assert html_to_pdf(page("x"), templates()).startswith(b"%PDF-")


def test_the_libraries_that_must_be_there_are_there() -> None:
    found = libraries()
    assert found["Pango"]
    assert found["HarfBuzz"]
    assert set(found) == {"Pango", "HarfBuzz", "harfbuzz-subset"}
