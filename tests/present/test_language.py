"""Every message has its place in the catalogue, and a language is there or said to be missing."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field, replace
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from babel.messages.pofile import read_po
from babel.support import NullTranslations

from reports.analysis.deltas import deltas
from reports.analysis.headline import headline
from reports.analysis.sections import overall_section
from reports.errors import ConfigError
from reports.figures import Figure, Figures, Window
from reports.findings import Driver, NewFromZero, NoDelta, Place, Points, Reason, Standing, Verb
from reports.present import sentences as sentences_module
from reports.present.definitions import definitions
from reports.present.formats import Formats
from reports.present.language import Language, languages, mark, mark_plural
from reports.present.sentences import Sentences
from reports.present.standing import place_sentence
from reports.present.templates import Templates
from reports.render.html import render_template
from tests.making import CHECKOUT, KINDS, agent, arabic, english, figures_of, pipeline_of, plan_of, templates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from babel.messages.catalog import Catalog

LOCALE = CHECKOUT / "templates" / "locale"
COMMITTED = LOCALE / "messages.pot"
Message = str | tuple[str, ...]


def read(content: bytes) -> Catalog:
    return read_po(BytesIO(content))


def messages(catalog: Catalog) -> set[Message]:
    return {tuple(one.id) if isinstance(one.id, list | tuple) else one.id for one in catalog if one.id}


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> set[Message]:
    """Run `make messages` on copies, whatever it thinks of the environment's age."""
    folder = tmp_path_factory.mktemp("extracted") / "locale"
    shutil.copytree(LOCALE, folder)
    output = folder / "messages.pot"
    output.unlink()
    places = [f"CATALOGUE={output}", f"BIN={Path(sys.executable).parent}"]
    command = [str(shutil.which("make")), "-s", "-o", ".venv/dev", "messages", *places]
    subprocess.run(command, cwd=CHECKOUT, check=True, capture_output=True)
    for path in sorted(folder.glob("*/messages.po")):
        kept = LOCALE / path.relative_to(folder)
        assert path.read_text(encoding="utf-8") == kept.read_text(encoding="utf-8"), "run `make messages`"
    return messages(read(output.read_bytes()))


@pytest.fixture(scope="module")
def committed() -> set[Message]:
    return messages(read(COMMITTED.read_bytes()))


def test_the_catalogue_has_every_message_and_no_other(extracted: set[Message], committed: set[Message]) -> None:
    assert sorted(extracted - committed, key=str) == [], "run `make messages`"
    assert sorted(committed - extracted, key=str) == [], "run `make messages`"


def test_messages_of_code_and_of_templates_are_extracted(extracted: set[Message]) -> None:
    assert "Value won" in extracted  # mark, in reports/present
    assert ("{number} other", "{number} others") in extracted  # plural, in reports/render
    assert ("{number} week to {until}", "{number} weeks to {until}") in extracted  # mark_plural
    assert "Unassigned" in extracted  # self._text
    assert "The whole report is attached as a PDF." in extracted  # a template


def test_a_message_has_one_entry_and_its_forms_name_the_same_values(committed: set[Message]) -> None:
    pairs = [one for one in committed if isinstance(one, tuple)]
    assert len({one for one, _ in pairs} | {one for one in committed if isinstance(one, str)}) == len(committed)
    for one, many in pairs:
        assert set(re.findall(r"{\w+}", one)) - set(re.findall(r"{\w+}", many)) == set()


@dataclass
class Recording(NullTranslations):
    """Speaks the language of the messages, and remembers which were asked for."""

    asked: set[Message] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()

    def ugettext(self, message: str) -> str:
        self.asked.add(message)
        return message

    def ungettext(self, one: str, many: str, number: int) -> str:
        self.asked.add((one, many))
        return one if number == 1 else many


def everything_said(language: Language) -> Iterator[str]:
    """Yield what can be said of periods of all kinds, with and without figures."""
    formats = Formats(language, "SAR")
    sides = (None, Figures(), figures_of(won=1, lost=0), figures_of(won=2), figures_of(lost=1, won=0), figures_of())
    for kind in KINDS:
        periods = plan_of(kind)
        said = Sentences(language, formats, periods)
        empty = overall_section(periods, (pipeline_of(periods, lambda one: Window(one, figures_of())),))
        yield from (said.compared, said.per_period(Figure.WON), said.trailing(), said.trend_caption(empty))
        yield from (said.trend_alt(empty, Figure.VALUE_WON), said.closed_alt(empty), said.flow_alt(empty))
        for now in sides:
            for before in sides:
                section = type(empty)(**(vars(empty) | {"current": now, "deltas": deltas(now, before)}))
                one = headline(section)
                judged = type(one)(one.verb, now, before, one.delta)
                yield from (said.headline(judged), said.lede(judged), said.short(judged))
        yield from (text for pair in definitions(said, "UTC", assumed=True) for text in pair)
        yield said.list_alt("", [])
        yield from (said.spark_alt(empty, figure) for figure in Figure)
        yield from (said.driver(driver) for driver in Driver)
    yield from of_changes(Sentences(language, formats, plan_of()))


def of_changes(said: Sentences) -> Iterator[str]:
    """Yield what is said of changes and of an agent's standing."""
    for change in (
        *(NoDelta(Reason.NO_DATA), NoDelta(Reason.BOTH_ZERO), NewFromZero(1, good=True)),
        Points(figures_of().value_won, good=True),
    ):
        yield said.formats.change(change).text
        yield said.on_year_ago(change)
    for level in (0, 1, 2, 5, 11, 100):
        yield place_sentence(said, Standing(agent(7, "-"), 120, Place(Decimal(500), 3, level, Decimal(5)), None))


def test_whatever_is_said_can_be_translated(committed: set[Message]) -> None:
    recording = Recording()
    assert any(list(everything_said(Language(english().locale, recording))))
    assert len(recording.asked) > 80
    assert sorted(recording.asked - committed, key=str) == []


LITERAL = {"text", "_text", "say", "mark"}
LITERAL_PLURAL = {"plural", "_plural", "mark_plural"}


def literals(path: Path) -> Iterator[Message]:
    """Yield the messages that a module has in its calls, also those between the braces of an f-string."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", None) or getattr(node.func, "id", None)
        words = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        if name in LITERAL and words[:1] and node.args[0].col_offset >= 0 and isinstance(node.args[0], ast.Constant):
            yield words[0]
        if name in LITERAL_PLURAL and len(words) >= 2:
            yield words[0], words[1]


def test_no_message_hides_where_it_is_not_found(committed: set[Message]) -> None:
    files = [*(CHECKOUT / "reports" / "present").glob("*.py"), *(CHECKOUT / "reports" / "render").glob("*.py")]
    files += [*(CHECKOUT / "reports" / "charts").glob("*.py"), CHECKOUT / "reports" / "edition.py"]
    found = {one for path in files for one in literals(path)}
    assert len(found) > 250
    assert sorted(found - committed, key=str) == [], "a message between the braces of an f-string isn't extracted"


def test_every_verb_has_a_headline() -> None:
    assert set(sentences_module.HEADLINES) == set(Verb)
    assert set(sentences_module.LABELS) == set(Figure)


def test_marking_changes_nothing() -> None:
    assert mark("Value won") == "Value won"
    assert mark_plural("{number} day", "{number} days") == ("{number} day", "{number} days")


def test_english_is_the_language_of_the_messages() -> None:
    language = english()
    assert (language.tag, language.direction) == ("en", "ltr")
    assert language.text("was {value}", value="12") == "was 12"
    assert [language.plural("{n} day", "{n} days", n, n=n) for n in (0, 1, 2)] == ["0 days", "1 day", "2 days"]


def test_values_are_not_looked_into() -> None:
    assert english().text("was {value}", value="{0} {value} {value.__class__}") == "was {0} {value} {value.__class__}"


@pytest.mark.parametrize("name", ["zz", "qq_ZZ"])
def test_an_unknown_locale_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=f'"{name}" is not a locale'):
        Language.load(templates(), name)


def test_a_locale_without_a_catalogue_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match='no catalogue for the locale "ja"'):
        Language.load(Templates((tmp_path,)), "ja")


PO = """
msgid ""
msgstr ""
"Language: ar\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);\\n"

msgid "Value won"
msgstr "القيمة المكسوبة"

#, fuzzy
msgid "Deals won"
msgstr "خطأ"

msgid "{number} day to {until}"
msgid_plural "{number} days to {until}"
msgstr[0] "صفر"
msgstr[1] "واحد"
msgstr[2] "اثنان"
msgstr[3] "قليل"
msgstr[4] "كثير"
msgstr[5] "آخر"
"""


def catalogue_in(folder: Path, language: str, text: str) -> Path:
    """Write a catalogue where a project has its own templates."""
    path = folder / "templates" / "locale" / language / "messages.po"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def own(tmp_path: Path) -> Language:
    catalogue_in(tmp_path, "ar", PO)
    return Language.load(Templates((tmp_path / "empty", tmp_path / "templates")), "ar")


def test_a_catalogue_in_any_of_the_folders_is_found_and_used(own: Language) -> None:
    assert (own.tag, own.direction) == ("ar", "rtl")
    assert own.text("Value won") == "القيمة المكسوبة"
    assert own.text("Not translated yet") == "Not translated yet"


def test_what_is_marked_fuzzy_is_not_used(own: Language) -> None:
    assert own.text("Deals won") == "Deals won"


def test_all_six_arabic_plurals_are_used(own: Language) -> None:
    forms = [own.plural("{number} day to {until}", "{number} days to {until}", n) for n in (0, 1, 2, 3, 11, 100)]
    assert forms == ["صفر", "واحد", "اثنان", "قليل", "كثير", "آخر"]


@pytest.mark.parametrize(
    ("right", "wrong", "line", "what"),
    [
        ('msgstr "القيمة المكسوبة"', 'msgstr "القيمة المكسوبة', 8, "this is no line of a catalogue"),
        ('msgid "Deals won"', "Deals won", 11, "this is no line of a catalogue"),
        ('msgstr "القيمة المكسوبة"\n', "", 7, "doesn't follow"),
        ('msgstr[5] "آخر"', 'msgstr[6] "آخر"', 14, "doesn't follow"),
        ('msgstr[4] "كثير"', 'msgstr[4] "{until} {nmber}"', 14, "the message has no value {nmber}"),
        ('msgstr[4] "كثير"', 'msgstr[4] "{until.__class__}"', 14, "the message has no value"),
        ('msgstr[4] "كثير"', 'msgstr[4] "{until"', 14, "the braces of a translation don't match"),
        ("n==0 ? 0", "n==0 ? x", 1, "Plural-Forms"),
    ],
)
def test_a_damaged_catalogue_names_the_file_and_the_line(
    tmp_path: Path, right: str, wrong: str, line: int, what: str
) -> None:
    assert right in PO
    path = catalogue_in(tmp_path, "ar", PO.replace(right, wrong).lstrip())
    with pytest.raises(ConfigError, match=re.escape(f"{path}, line {line}: ") + ".*" + re.escape(what)):
        Language.load(Templates.of_project(tmp_path), "ar")


def test_a_catalogue_that_is_no_text_names_the_line(tmp_path: Path) -> None:
    path = catalogue_in(tmp_path, "ar", "")
    path.write_bytes(b'msgid "Now"\nmsgstr "\xff"\n')
    with pytest.raises(ConfigError, match=re.escape(f"{path}, line 2: this isn't UTF-8")):
        Language.load(Templates.of_project(tmp_path), "ar")


FRENCH = """
msgid ""
msgstr ""
"Language: fr\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\\n"

msgid "Value won rose {change} to {now}"
msgstr "Les ventes gagnées progressent de {change} à {now}"

msgid "{left}; {right}"
msgstr "{left} ; {right}"
"""


def test_a_third_language_is_one_folder(tmp_path: Path) -> None:
    catalogue_in(tmp_path, "fr", FRENCH)
    found = Templates.of_project(tmp_path)
    assert {"ar", "en", "fr"} <= set(languages(found))
    language = Language.load(found, "fr")
    section = overall_section(plan_of(), (pipeline_of(plan_of(), lambda one: Window(one, figures_of())),))
    section = replace(section, deltas=deltas(figures_of(value_won=66_000), figures_of()))
    said = Sentences(language, Formats(language, "EUR"), plan_of())
    one = replace(headline(section), current=figures_of(value_won=66_000))
    assert said.headline(one).startswith("Les ventes gagnées progressent de 10% à ")
    assert language.sequence(["un", "", "deux"]) == "un ; deux"
    page = render_template(found, "partials/checks.html", language, page={"checks": []})
    assert f'lang="{language.tag}"' not in page
    assert "What was checked" in page, "what isn't translated yet stands in English"


def test_lists_follow_the_language() -> None:
    assert english().listed(["a", "", "b", "c"]) == "a, b, c"
    assert english().sequence(["a", "b"]) == "a; b"
    assert arabic().listed(["ا", "ب"]) == "ا، ب"
    assert arabic().sequence(["ا", "ب", "ج"]) == "ا؛ ب؛ ج"
    assert english().listed([]) == ""
