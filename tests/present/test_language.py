"""Every message has its place in the catalogue, and a language is there or said to be missing."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations

from reports.analysis.deltas import deltas
from reports.analysis.headline import headline
from reports.analysis.sections import overall_section
from reports.errors import ConfigError
from reports.figures import Figure, Figures, Window
from reports.findings import NewFromZero, NoDelta, Points, Reason, Verb
from reports.present import sentences as sentences_module
from reports.present.definitions import definitions
from reports.present.formats import Formats
from reports.present.language import Language, mark, mark_plural
from reports.present.sentences import Sentences
from reports.present.templates import Templates
from tests.making import CHECKOUT, KINDS, english, figures_of, pipeline_of, plan_of, templates

if TYPE_CHECKING:
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
    """Run `make messages` with another place for its output, whatever it thinks of the environment's age."""
    output = tmp_path_factory.mktemp("extracted") / "messages.pot"
    places = [f"CATALOGUE={output}", f"BIN={Path(sys.executable).parent}"]
    command = [str(shutil.which("make")), "-s", "-o", ".venv/dev", "messages", *places]
    subprocess.run(command, cwd=CHECKOUT, check=True, capture_output=True)
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


def test_whatever_is_said_can_be_translated(committed: set[Message]) -> None:
    recording = Recording()
    language = Language(english().locale, recording)
    formats = Formats(language, "SAR")
    sides = (None, Figures(), figures_of(won=1, lost=0), figures_of(won=2), figures_of(lost=1, won=0), figures_of())
    for kind in KINDS:
        periods = plan_of(kind)
        said = Sentences(language, formats, periods)
        empty = overall_section(periods, (pipeline_of(periods, lambda one: Window(one, figures_of())),))
        assert said.compared
        assert said.per_period(Figure.WON)
        assert said.trend_alt(empty, Figure.VALUE_WON)
        assert said.closed_alt(empty)
        for now in sides:
            for before in sides:
                section = type(empty)(**(vars(empty) | {"current": now, "deltas": deltas(now, before)}))
                one = headline(section)
                assert said.headline(type(one)(one.verb, now, before, one.delta))
                said.lede(type(one)(one.verb, now, before, one.delta))
        definitions(said, "UTC", assumed=True)
        said.list_alt("x", [])
        for figure in Figure:
            said.spark_alt(empty, figure)
    for change in (NoDelta(Reason.NO_DATA), NoDelta(Reason.BOTH_ZERO), NewFromZero(1, good=True)):
        formats.change(change)
    formats.change(Points(figures_of().value_won, good=True))
    assert len(recording.asked) > 60
    assert sorted(recording.asked - committed, key=str) == []


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

msgid "{number} day to {until}"
msgid_plural "{number} days to {until}"
msgstr[0] "صفر"
msgstr[1] "واحد"
msgstr[2] "اثنان"
msgstr[3] "قليل"
msgstr[4] "كثير"
msgstr[5] "آخر"
"""


@pytest.fixture
def arabic(tmp_path: Path) -> Language:
    folder = tmp_path / "locale" / "ar" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "messages.mo").open("wb") as file:
        write_mo(file, read(PO.encode()))
    return Language.load(Templates((tmp_path / "empty", tmp_path)), "ar")


def test_a_catalogue_in_any_of_the_folders_is_found_and_used(arabic: Language) -> None:
    assert (arabic.tag, arabic.direction) == ("ar", "rtl")
    assert arabic.text("Value won") == "القيمة المكسوبة"
    assert arabic.text("Not translated yet") == "Not translated yet"


def test_all_six_arabic_plurals_are_used(arabic: Language) -> None:
    forms = [arabic.plural("{number} day to {until}", "{number} days to {until}", n) for n in (0, 1, 2, 3, 11, 100)]
    assert forms == ["صفر", "واحد", "اثنان", "قليل", "كثير", "آخر"]
