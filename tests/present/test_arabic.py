"""Arabic is complete, keeps every value, counts as Arabic does, and leaves nothing in another language."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from babel.messages.pofile import read_po

from reports.analysis.probe import Outcome, Proof, Subject, Verdict, Why
from reports.figures import Figure, Figures
from reports.findings import (
    CalendarNote,
    Comparison,
    Headline,
    NoDelta,
    OpenChange,
    OpenDeals,
    Percent,
    Place,
    Reason,
    Standing,
    Target,
    Verb,
)
from reports.present.catalogue import fields
from reports.present.holidays import calendar_sentences
from reports.present.open_deals import open_lines, since_line
from reports.present.sentences import LABELS, Sentences
from reports.present.standing import own_headline, own_lede, place_sentence
from reports.present.targets import progress
from reports.present.verdicts import Quotes
from tests.making import AS_OF, CHECKOUT, agent, arabic, arabic_formats, figures_of, plan_of
from tests.present.test_language import everything_said
from tests.present.test_verdicts import NUMBERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from babel.messages.catalog import Catalog, Message

LOCALE = CHECKOUT / "templates" / "locale"
FOUND = sorted(path.parent.name for path in LOCALE.glob("*/messages.po"))
MARKS = dict.fromkeys(map(ord, "\u2066\u2067\u2068\u2069\u200e\u200f"))
FOREIGN = {"PDF", "CSV", "JSON"}  # what a translation may have of Latin letters
COUNTED = {"number", "won", "closed", "all", "most", "higher"}  # values whose form may say the number itself
EXACT = 3  # forms with a number of their own: zero, one, two
LATIN = re.compile(r"[A-Za-z]+")
PARTICLES = re.compile(r"[A-Za-z]{2,}")


def catalogue(language: str) -> Catalog:
    with (LOCALE / language / "messages.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def forms(message: Message) -> list[str]:
    return list(message.string) if isinstance(message.string, (list, tuple)) else [message.string or ""]


def ids(message: Message) -> list[str]:
    return list(message.id) if isinstance(message.id, (list, tuple)) else [message.id]


@pytest.mark.parametrize("language", FOUND)
def test_a_language_has_every_message_and_no_other(language: str) -> None:
    with (LOCALE / "messages.pot").open("rb") as file:
        wanted = {tuple(ids(one)) for one in read_po(file) if one.id}
    found = catalogue(language)
    assert {tuple(ids(one)) for one in found if one.id} == wanted, "run `make messages`"
    assert not [one.id for one in found if one.id and not all(forms(one))]
    assert not [one.id for one in found if one.fuzzy]
    assert not found.obsolete


@pytest.mark.parametrize("language", FOUND)
def test_a_translation_has_the_values_of_its_message(language: str) -> None:
    for message in catalogue(language):
        if not message.id:
            continue
        wanted = fields(ids(message))
        for number, form in enumerate(forms(message)):
            missing = wanted - fields([form])
            allowed = COUNTED if message.pluralizable and number < EXACT else set()
            assert fields([form]) <= wanted, message.id
            assert missing <= allowed, (message.id, form)


def test_no_translation_has_letters_digits_or_marks_of_another_script() -> None:
    for message in catalogue("ar"):
        for form in forms(message) if message.id else []:
            words = re.sub(r"{\w+}", "", form)
            assert set(LATIN.findall(words)) <= FOREIGN, message.id
            assert not re.search(r"[0-9,;?\"“”%]", words), message.id
            assert not re.search("[\u0640\u200e\u200f\u202a-\u202e\u2066-\u2069]", form), message.id
            assert form == form.strip(), message.id
            assert "  " not in form, message.id


def won(number: int) -> str:
    said = Sentences(arabic(), arabic_formats(), plan_of())
    return said._won(figures_of(won=number), None)


def days(number: int) -> str:
    return arabic().plural("{number} day", "{number} days", number, number=number)


def agents(number: int) -> str:
    return arabic().plural("{number} agent", "{number} agents", number, number=number)


def pipelines(number: int) -> str:
    return arabic().plural("{number} pipeline", "{number} pipelines", number, number=number)


def missed(number: int) -> str:
    one, many = (
        "“{title}” was missed, because nothing was running when it was due.",
        "“{title}” was missed {number} times, because nothing was running when it was due.",
    )
    return arabic().plural(one, many, number, number=number, title="س").partition(" لإرسال")[0]


@pytest.mark.parametrize(
    ("say", "said"),
    [
        (
            won,
            {
                0: "لم تُكسب أي صفقة.",
                1: "كُسبت صفقة واحدة.",
                2: "كُسبت صفقتان.",
                3: "كُسبت 3 صفقات.",
                10: "كُسبت 10 صفقات.",
                11: "كُسبت 11 صفقة.",
                26: "كُسبت 26 صفقة.",
                99: "كُسبت 99 صفقة.",
                100: "كُسبت 100 صفقة.",
                102: "كُسبت 102 صفقة.",
                103: "كُسبت 103 صفقات.",
                1000: "كُسبت 1,000 صفقة.",
            },
        ),
        (
            days,
            {0: "لا أيام", 1: "يوم واحد", 2: "يومان"}
            | {number: f"{number} أيام" for number in (3, 10, 103)}
            | {number: f"{number} يومًا" for number in (11, 26, 99)}
            | {number: f"{number} يوم" for number in (100, 102, 1000)},
        ),
        (
            agents,
            {0: "لا مندوبين", 1: "مندوب واحد", 2: "مندوبان"}
            | {number: f"{number} مندوبين" for number in (3, 10, 103)}
            | {number: f"{number} مندوبًا" for number in (11, 26, 99)}
            | {number: f"{number} مندوب" for number in (100, 102, 1000)},
        ),
        (
            pipelines,
            {0: "لا مسارات", 1: "مسار واحد", 2: "مساران"}
            | {number: f"{number} مسارات" for number in (3, 10, 103)}
            | {number: f"{number} مسارًا" for number in (11, 26, 99)}
            | {number: f"{number} مسار" for number in (100, 102, 1000)},
        ),
        (
            missed,
            {2: "فات موعدان", 3: "فاتت 3 مواعيد", 10: "فاتت 10 مواعيد", 11: "فات 11 موعدًا", 100: "فات 100 موعد"},
        ),
    ],
)
def test_arabic_counts_in_six_forms(say: Callable[[int], str], said: dict[int, str]) -> None:
    assert {number: say(number).translate(MARKS) for number in said} == said


def test_each_number_takes_the_form_that_the_language_has_for_it() -> None:
    language = arabic()
    order = ("zero", "one", "two", "few", "many", "other")
    for number in range(1200):
        assert order[language.translations.plural(number)] == language.locale.plural_form(number), number  # type: ignore[attr-defined]


def test_every_counted_message_has_a_form_of_its_own_for_one_two_few_and_many() -> None:
    same = {"{number} other"}  # the others are the rest, however many they are
    for message in catalogue("ar"):
        if message.pluralizable and ids(message)[0] not in same:
            _, one, two, few, many, other = forms(message)
            assert len({one, two, few}) == EXACT, message.id
            assert few != many or "{number}" not in few or few == other, message.id


def test_what_is_said_in_arabic_has_no_word_of_the_source() -> None:
    for text in everything_said(arabic()):
        assert set(PARTICLES.findall(text)) <= {"SAR", "UTC"}, text


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("why", list(Why))
def test_what_a_probe_found_is_said_in_arabic(why: Why, outcome: Outcome) -> None:
    values = NUMBERS | {"zone": "UTC", "expected": "SAR", "reading": "all", "number": "3"}
    values |= {"found": "SAR"} if why is Why.CURRENCIES else {}
    quotes = Quotes(arabic_formats(), Proof(AS_OF, {Subject.WON: Verdict(Subject.WON, outcome, why, values)}))
    found = Verdict(Subject.WON, outcome, why, values)
    said = f"{quotes.line(found)} {quotes.mark(Subject.WON)}"
    assert set(PARTICLES.findall(said)) <= {"SAR", "UTC", "total", "value", "won"}, said
    assert "{" not in said


def test_labels_are_short_enough_for_the_place_they_have() -> None:
    assert all(len(arabic().text(label)) <= 24 for label in LABELS.values())


def phrases() -> Iterator[str]:
    """Yield what single makers say in cases that few reports have."""
    said, written = Sentences(arabic(), arabic_formats(), plan_of()), arabic_formats()
    for verb in Verb:
        for was in (Figures(), figures_of()):
            yield own_headline(said, "-", Headline(verb, figures_of(), was, Percent(1, Decimal("0.1"), good=True)))
    for reached in (None, Decimal(-3), Decimal(0), Decimal(3)):
        yield progress(written, Target(Figure.WIN_RATE, Decimal(45), reached))
        yield progress(written, Target(Figure.WON, Decimal(45), reached))
    for ramadan, eid in ((5, 0), (0, 2), (3, 3)):
        for versus in ((Comparison.PREVIOUS,), (Comparison.YEAR_AGO,), tuple(Comparison)):
            yield calendar_sentences(said, [CalendarNote(one, ramadan, 1, eid, 1) for one in versus])
    for count in (0, 1, 2, 5, 20, 100):
        for mixed in (False, True):
            value = None if mixed else Decimal(70_000)
            yield from open_lines(written, OpenDeals((), count, value, count // 2, count, (), mixed))
    for value in (Percent(900, Decimal("0.1"), good=None), NoDelta(Reason.NO_DATA)):
        yield since_line(written, OpenChange(Percent(-4, Decimal("0.1"), good=None), value, (), AS_OF))
    now, none = Place(Decimal(5), 2, 0, Decimal(4)), Place(Decimal(0), None, 0, None)
    for pair in ((now, none), (none, now), (none, none), (now, now)):
        yield place_sentence(said, Standing(agent(1, "-"), 30, *pair))
    yield own_lede(
        said, Standing(agent(1, "-"), 30, now, none), Headline(Verb.NOTHING, Figures(), None, NoDelta(Reason.NO_DATA))
    )


def test_what_few_reports_say_is_said_in_arabic() -> None:
    found = [text.translate(MARKS) for text in phrases()]
    for text in found:
        assert set(PARTICLES.findall(text)) == set(), text
        assert not re.search(r"[,;?%]\s|[{}“”]", text.replace("% ", " ")), text
    assert "صفقتان مفتوحتان ليستا معًا بعملة التقرير (ر.س)، بلا مجموع" in found
    assert "التغير منذ تقرير 22 نوفمبر 2026: −4 في العدد و+900 في القيمة" in found
    assert "المركز 2 من أصل 30 حسب قيمة الصفقات المكسوبة، بحصة 4.0% من إجماليها؛ وسابقًا المركز 2." in found
