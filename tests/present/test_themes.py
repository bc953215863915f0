"""A theme says what differs from the default; what is wrong in it is named, and what nobody could read is changed."""

from __future__ import annotations

import io
import re
import shutil
from pathlib import Path

import matplotlib as mpl
import pytest
from fontTools.ttLib import TTFont, newTable
from PIL import Image

from reports.errors import ConfigError, RenderError
from reports.present.fonts import OWN_STACK
from reports.present.templates import Templates
from reports.present.theme import COLOURS, DARK, SIZES, Theme
from reports.present.themes import load_theme
from tests.making import CHECKOUT, templates

FONTS = Path(mpl.get_data_path()) / "fonts" / "ttf"
ARABIC = CHECKOUT / "templates" / "fonts" / "NotoSansArabic-Regular.ttf"
SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 10"><path d="M0 0H40V10H0Z" fill="#0A7"/></svg>'


def png(width: int = 400, height: int = 100, mode: str = "RGBA", kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, (width, height), "teal" if mode == "RGB" else 0).save(buffer, format=kind)
    return buffer.getvalue()


def themed(project: Path, text: str, files: dict[str, bytes] | None = None, accent: str | None = None) -> Theme:
    folder = project / "themes" / "acme"
    folder.mkdir(parents=True)
    (folder / "theme.toml").write_text(text, encoding="utf-8")
    for name, content in (files or {}).items():
        (folder / name).write_bytes(content)
    return load_theme(templates(), "themes/acme", accent, project)


def test_the_default_has_every_token_and_gives_them_to_css() -> None:
    theme = load_theme(templates())
    assert (tuple(theme.colours), tuple(theme.dark), tuple(theme.sizes)) == (COLOURS, DARK, SIZES)
    assert theme.notes == ()
    for name in COLOURS:
        assert f"--{name}: {theme.colours[name]};" in theme.css()
    assert "--radius: 0pt;" in theme.css()
    assert "@font-face" not in theme.css()


def test_an_accent_alone_brings_its_family_and_leaves_the_rest() -> None:
    own, found = load_theme(templates()), load_theme(templates(), accent="#7A3E9D")
    assert found.colours["accent"] == "#7A3E9D"
    changed = {role for role in COLOURS if found.colours[role] != own.colours[role]}
    assert changed == {"accent", "mid", "tint"}
    assert found.notes == ()


def test_a_poor_accent_is_changed_and_said() -> None:
    found = load_theme(templates(), accent="#FD0")
    (note,) = found.notes
    assert note == f"accent #FFDD00 has 1.2:1 to its ground and needs 4.5:1; {found.colours['accent']} is used"
    assert load_theme(templates(), accent=found.colours["accent"]).notes == (), "who writes that has no note any more"


def test_what_a_theme_leaves_out_is_the_default_s(tmp_path: Path) -> None:
    own, found = load_theme(templates()), themed(tmp_path, 'radius = 2\n[colours]\nink = "#111"\n[chart]\ntext = 8\n')
    assert found.colours == {**own.colours, "ink": "#111111"}
    assert found.sizes == {**own.sizes, "text": 8.0}
    assert found.dark == own.dark
    assert (found.radius, found.stack, found.logo) == (2.0, OWN_STACK, None)


def test_an_accent_of_the_configuration_comes_before_the_theme_s(tmp_path: Path) -> None:
    text = 'accent = "#7A3E9D"\n[colours]\nmid = "#808080"\n'
    found = themed(tmp_path, text, accent="#B42318")
    assert found.colours["accent"] == "#B42318"
    assert found.colours["mid"] != "#808080"
    assert load_theme(templates(), "themes/acme", None, tmp_path).colours["mid"] == "#808080"


def test_paper_of_its_own_is_painted_and_brings_its_grid(tmp_path: Path) -> None:
    found = themed(tmp_path, '[colours]\npaper = "#FFF6E5"\n')
    assert "@page { background: #FFF6E5; }" in found.css()
    assert found.colours["pale"] != load_theme(templates()).colours["pale"]
    assert "background" not in load_theme(templates()).css()


def test_a_theme_is_a_file_or_a_folder_in_the_project_or_the_templates(tmp_path: Path) -> None:
    places = [
        "themes/acme.toml",
        "themes/acme/theme.toml",
        "templates/themes/acme.toml",
        "templates/themes/acme/theme.toml",
    ]
    (tmp_path / "templates").mkdir()
    for number, place in reversed(list(enumerate(places, start=1))):
        path = tmp_path / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"radius = {number}", encoding="utf-8")
        found = load_theme(Templates((tmp_path / "templates", CHECKOUT / "templates")), "themes/acme", None, tmp_path)
        assert found.radius == number
        assert set(found.files) == {place, "templates/themes/default.toml"}


def test_the_project_s_own_default_needs_to_say_only_what_differs(tmp_path: Path) -> None:
    (tmp_path / "themes").mkdir()
    (tmp_path / "themes" / "default.toml").write_text('accent = "#7A3E9D"', encoding="utf-8")
    found = load_theme(Templates((tmp_path, CHECKOUT / "templates")))
    assert found.colours["accent"] == "#7A3E9D"
    assert found.colours["ink"] == load_theme(templates()).colours["ink"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[colours", "is not valid TOML"),
        ('acent = "#123"', 'acent: unknown key; did you mean "accent"'),
        ('[colours]\nikn = "#123"', 'colours.ikn: unknown key; did you mean "ink"'),
        ('[logo]\nfile = "a.png"\naltt = "x"', 'logo.altt: unknown key; did you mean "alt"'),
        ('[colours]\nink = "red"', 'colours.ink: "red" is not a colour'),
        ('[colours]\nink = "#12345"', "colours.ink"),
        ('[colours]\nink = "#12161F; } body { x: y"', "colours.ink"),
        ("[chart]\ntext = 0", "chart.text"),
        ("[chart]\ntext = nan", "chart.text"),
        ("[chart]\ntext = true", "chart.text"),
        ("radius = -1", "radius"),
        ("radius = 21", "radius"),
        ('accent = "#123"\n[colours]\naccent = "#123"', "either accent or colours.accent"),
        ('[colours]\npaper = "#445566"', "colours.paper: #445566 is too dark to print on"),
        ('[dark]\npaper = "#AABBCC"', "dark.paper: #AABBCC is not dark"),
        ('[fonts]\nregular = "a.ttf"', "regular and strong go together"),
        ('[logo]\nfile = "../secret.png"', "logo.file: should be the name of a file beside this one"),
        ('[logo]\nfile = "/etc/passwd"', "logo.file"),
        ('[logo]\nfile = "missing.png"', "logo.file: .*missing.png can't be read: No such file"),
        ("[logo]\n", "logo.file: is missing"),
    ],
)
def test_what_is_wrong_is_named_with_its_file_and_path(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as raised:
        themed(tmp_path, text)
    assert "theme.toml" in raised.value.message
    assert raised.value.hint


def test_everything_wrong_is_listed_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="3 problems") as raised:
        themed(tmp_path, 'radius = "x"\n[colours]\nink = 3\n[chart]\nstrong = []\n')
    assert raised.value.message.count("\n") == 3


def test_a_theme_that_isn_t_there_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match='there is no theme "themes/other"') as raised:
        load_theme(templates(), "themes/other", None, tmp_path)
    assert str(tmp_path) in raised.value.hint
    with pytest.raises(RenderError, match=r"there is no themes/default\.toml"):
        load_theme(Templates((tmp_path,)))


def test_a_logo_is_as_high_as_it_says_and_no_wider_than_its_room(tmp_path: Path) -> None:
    found = themed(
        tmp_path, '[logo]\nfile = "l.svg"\nmail = "l.png"\nheight = 20\n', {"l.svg": SQUARE.encode(), "l.png": png()}
    )
    assert found.logo is not None
    assert found.logo.mail is not None
    assert (found.logo.width, found.logo.height) == (80.0, 20.0)
    assert found.logo.address.startswith("data:image/svg+xml;base64,")
    assert (found.logo.mail.width, found.logo.mail.height) == (107, 27)
    with Image.open(io.BytesIO(found.logo.mail.content)) as picture:
        assert picture.size == (216, 54)
    assert {"themes/acme/l.svg", "themes/acme/l.png", "themes/acme/theme.toml"} < set(found.files)


@pytest.mark.parametrize(
    ("mode", "kind"), [("RGB", "JPEG"), ("CMYK", "JPEG"), ("L", "PNG"), ("P", "PNG"), ("RGBA", "PNG")]
)
def test_every_kind_of_picture_becomes_a_plain_one(tmp_path: Path, mode: str, kind: str) -> None:
    """CMYK and palettes have no place in a PDF/A whose colours are sRGB, and mails take PNG everywhere."""
    found = themed(tmp_path, '[logo]\nfile = "l.img"\n', {"l.img": png(3000, 300, mode, kind)})
    assert found.logo is not None
    assert found.logo.mail is not None
    with Image.open(io.BytesIO(found.logo.mail.content)) as picture:
        assert picture.format == "PNG"
        assert picture.mode in {"RGB", "RGBA"}
    assert (found.logo.width, found.logo.height) == (120.0, 12.0)
    assert len(found.logo.address) < 40_000


def test_an_svg_alone_is_no_logo_for_mails(tmp_path: Path) -> None:
    found = themed(tmp_path, '[logo]\nfile = "l.svg"\n', {"l.svg": SQUARE.encode()})
    assert found.logo is not None
    assert found.logo.mail is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"GIF89a....", "can't be read as a picture"),
        (png()[:60], "can't be read as a picture"),
        (png(4001, 10), "4001 x 10 pixels"),
        (b"", "can't be read as a picture"),
        (b"<svg", "not well-formed"),
        (b"<html></html>", "no SVG"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "doesn't say how large it is"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 0 9"/>', "doesn't say how large it is"),
        (SQUARE.replace("<path", "<text>Acme</text><path").encode(), "has a <text> in it"),
        (SQUARE.replace("<path", "<script>x</script><path").encode(), "has a <script> in it"),
        (SQUARE.replace("<path", '<image href="http://a.example/x.png"/><path').encode(), "refers to http://a.example"),
        (b'<!DOCTYPE svg [<!ENTITY a "b">]>' + SQUARE.encode(), "has a DOCTYPE"),
        (b"x" * 600_000, "has 585 KB"),
    ],
)
def test_a_logo_that_is_none_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(words)) as raised:
        themed(tmp_path, '[logo]\nfile = "l.img"\n', {"l.img": content})
    assert "logo.file" in raised.value.message


def test_an_svg_for_mails_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"logo.mail: l.svg is an SVG, which mail programs don't show"):
        themed(tmp_path, '[logo]\nfile = "l.svg"\nmail = "l.svg"\n', {"l.svg": SQUARE.encode()})


def font(change: str = "") -> bytes:
    """Return a font, made unfit in one way."""
    if not change:
        return (FONTS / "DejaVuSerif.ttf").read_bytes()
    with TTFont(FONTS / "DejaVuSerif.ttf") as found:
        if change == "restricted":
            found["OS/2"].fsType = 2
        if change == "variable":
            found["fvar"] = newTable("fvar")
            found["fvar"].axes, found["fvar"].instances = [], []
        buffer = io.BytesIO()
        found.save(buffer)
        return buffer.getvalue()


def test_fonts_of_its_own_come_first_and_ours_help_out(tmp_path: Path) -> None:
    shutil.copy(FONTS / "DejaVuSerif-Bold.ttf", tmp_path / "b.ttf")
    inter = CHECKOUT / "templates" / "fonts" / "Inter-Regular.ttf"
    text = '[fonts]\nregular = "a.ttf"\nstrong = "b.ttf"\narabic = "c.ttf"\narabic_strong = "c.ttf"\n'
    files = {"a.ttf": inter.read_bytes(), "b.ttf": (tmp_path / "b.ttf").read_bytes(), "c.ttf": ARABIC.read_bytes()}
    found = themed(tmp_path, text, files)
    own, latin, arabic, noto = found.stack.families
    assert (latin, noto) == OWN_STACK.families
    assert len({own, arabic}) == 2
    assert found.display == found.stack.families
    assert found.stack.capitals == pytest.approx(OWN_STACK.capitals, abs=0.002)
    assert [(one.family, one.weight) for one in found.typefaces] == [
        (own, 400),
        (own, 600),
        (arabic, 400),
        (arabic, 600),
    ]
    assert found.css().count("@font-face") == 4
    assert f'--font: "{own}", "Inter", "{arabic}", "Noto Sans Arabic";' in found.css()


def test_a_font_for_headlines_alone(tmp_path: Path) -> None:
    found = themed(tmp_path, '[fonts]\ndisplay = "a.ttf"\n', {"a.ttf": font()})
    assert found.stack == OWN_STACK
    assert found.display[1:] == OWN_STACK.families


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"wOF2....", "is no font that PDFs take"),
        (b"", "is no font that PDFs take"),
        (font()[:2000], "is damaged"),
        (font("restricted"), "may not be embedded"),
        (font("variable"), "is a variable font"),
        (b"\x00\x01\x00\x00" + b"x" * 1_100_000, "has 1,074 KB"),
    ],
)
def test_a_font_that_can_t_be_used_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(words)) as raised:
        themed(tmp_path, '[fonts]\nregular = "a.ttf"\nstrong = "a.ttf"\n', {"a.ttf": content})
    assert "fonts.regular" in raised.value.message


def test_a_font_without_the_letters_it_is_for_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"fonts\.arabic: a\.ttf has no \u0627 \u0628 \u062a"):
        themed(tmp_path, '[fonts]\narabic = "a.ttf"\narabic_strong = "a.ttf"\n', {"a.ttf": font()})
