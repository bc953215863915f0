"""A CSV file is loaded whole or not at all, and what is wrong with it is named."""

from __future__ import annotations

import codecs
import csv
from collections import Counter
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from reports.errors import ConfigError, DataError, ReportsError
from reports.sandbox.deals import Deals
from reports.sandbox.load import LoadResult, load_csv
from reports.sandbox.sample import Sample, fill
from reports.sandbox.window import Window
from tests.sandbox.conftest import RIYADH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from reports.sandbox.records import Card

HEADER = "deal_id,pipeline,name,company,agent_name,agent_email,stage,status,value,currency,created_on,closed_on"
FIRST = "A1,West,Printers,Qamar,Sara,sara@example.com,Won,won,1200.50,SAR,2026-01-05,2026-02-01"
SECOND = "A2,West,Paper,,,,New,open,,SAR,2026-01-04,"


@pytest.fixture
def empty() -> Iterator[Deals]:
    with Deals.open(None) as deals:
        yield deals


class Files:
    """Writes files and loads them."""

    def __init__(self, folder: Path, deals: Deals) -> None:
        self.path = folder / "deals.csv"
        self.deals = deals

    def load(self, content: str | bytes, mapping: Mapping[str, str] | None = None) -> LoadResult:
        self.path.write_bytes(content.encode() if isinstance(content, str) else content)
        return load_csv(self.deals, self.path, mapping or {}, RIYADH)

    def rows(self, *rows: str) -> LoadResult:
        return self.load("\n".join([HEADER, *rows, ""]))

    def refused(self, *rows: str) -> str:
        with pytest.raises(DataError) as caught:
            self.rows(*rows)
        assert caught.value.hint
        return caught.value.message

    def cards(self) -> dict[str, Card]:
        return {card.deal.deal_id: card for it in self.deals.pipelines() for card in self.deals.cards(it.id)}


@pytest.fixture
def files(tmp_path: Path, empty: Deals) -> Files:
    return Files(tmp_path, empty)


def test_a_file_becomes_deals(files: Files) -> None:
    result = files.rows(FIRST, SECOND)
    assert result == LoadResult(new=2, updated=0, pipelines=1, agents=1, first=date(2026, 1, 4), last=date(2026, 2, 1))
    card = files.cards()["A1"]
    assert card.deal.value == Decimal("1200.5")
    assert card.deal.name == "Printers"
    assert card.deal.company == "Qamar"
    assert card.deal.closed_at == "2026-02-01T12:00:00+03:00"
    assert card.agent is not None
    assert (card.agent.name, card.agent.email) == ("Sara", "sara@example.com")
    bare = files.cards()["A2"]
    assert (bare.deal.value, bare.agent, bare.deal.company, bare.deal.closed_at) == (None, None, None, None)


def test_a_pipeline_begins_with_its_first_deal(files: Files) -> None:
    files.rows(FIRST, SECOND)
    assert files.deals.pipelines()[0].created_at == "2026-01-04T12:00:00+03:00"
    files.rows("A0,West,,,,,New,open,1,SAR,2025-12-31,")
    assert files.deals.pipelines()[0].created_at == "2025-12-31T12:00:00+03:00"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_kind_of_csv_is_read(files: Files, delimiter: str, mark: bytes, end: str) -> None:
    text = end.join([HEADER, FIRST.replace("Printers", "Druckerei é"), SECOND, ""]).replace(",", delimiter)
    assert files.load(mark + text.encode()).new == 2
    assert files.cards()["A1"].deal.name == "Druckerei é"


def test_the_delimiter_is_not_guessed_from_the_values(files: Files) -> None:
    files.load(f'{HEADER}\nA1,West,"a;b;c;d;e;f;g;h;i;j;k;l;m",,,,New,open,1,SAR,2026-01-01,\n')
    assert files.cards()["A1"].deal.name == "a;b;c;d;e;f;g;h;i;j;k;l;m"


def test_a_decimal_comma_is_refused_rather_than_misread(files: Files) -> None:
    row = SECOND.replace("open,,SAR", "open,COMMA,SAR").replace(",", ";").replace("COMMA", "1200,50")
    with pytest.raises(DataError, match=r"line 2: value '1200,50' is not a number"):
        files.load(f"{HEADER.replace(',', ';')}\n{row}\n")


def test_columns_may_be_called_otherwise(files: Files) -> None:
    text = f"{HEADER}\n{FIRST}\n".replace("deal_id", "opportunity_id").replace("company", "Account Name")
    files.load(text, {"deal_id": "opportunity_id", "company": "Account Name"})
    assert files.cards()["A1"].deal.company == "Qamar"


def test_columns_that_are_not_needed_may_be_absent(files: Files) -> None:
    files.load("deal_id,pipeline,stage,status,value,created_on,closed_on\nA1,West,New,open,5,2026-01-05,\n")
    card = files.cards()["A1"]
    assert (card.deal.name, card.deal.company, card.agent, card.deal.currency) == ("A1", None, None, None)


def test_more_columns_and_blank_lines_do_no_harm(files: Files) -> None:
    files.load(f"\n{HEADER},extra\n\n{FIRST},x\n,,,,,,,,,,,,\n{SECOND},y\n\n")
    assert set(files.cards()) == {"A1", "A2"}


def test_an_unknown_column_in_the_mapping_is_an_error_with_a_suggestion(files: Files) -> None:
    with pytest.raises(ConfigError, match="'dealid'") as caught:
        files.load(HEADER, {"dealid": "x"})
    assert caught.value.hint == "Did you mean 'deal_id'?"
    with pytest.raises(ConfigError) as caught:
        files.load(HEADER, {"zzz": "x"})
    assert "agent_email" in caught.value.hint


def test_all_missing_columns_are_listed_with_what_to_do(files: Files) -> None:
    with pytest.raises(ConfigError) as caught:
        files.load("Deal ID,pipeline,stage,state,created_on,closed_on\n")
    assert "'deal_id', 'status', 'value'" in caught.value.message
    assert "--map 'deal_id=Deal ID'" in caught.value.hint
    assert "--map status=state" in caught.value.hint
    assert caught.value.hint.endswith("--map value=...`.")


def test_a_mapped_column_that_is_not_there_is_missing(files: Files) -> None:
    with pytest.raises(ConfigError, match="no column 'Firm'"):
        files.load(f"{HEADER}\n{FIRST}\n", {"company": "Firm"})


def test_a_column_that_is_there_twice_is_refused(files: Files) -> None:
    with pytest.raises(DataError, match="more than one column 'value'"):
        files.load(f"{HEADER},value\n{FIRST},3\n")


BAD = [
    (",West,,,,,New,open,1,SAR,2026-01-01,", "deal_id '' is empty"),
    ("B,,,,,,New,open,1,SAR,2026-01-01,", "pipeline '' is empty"),
    ("B,West,,,,,,open,1,SAR,2026-01-01,", "stage '' is empty"),
    ("B,West,,,,,New,Open,1,SAR,2026-01-01,", "status 'Open' is not open, won or lost"),
    ("B,West,,,,,New,,1,SAR,2026-01-01,", "status '' is not open, won or lost"),
    ("B,West,,,,,New,open,1,SAR,,", "created_on '' is empty"),
    ("B,West,,,,,New,open,1,SAR,01.02.2026,", "created_on '01.02.2026' is not a day"),
    ("B,West,,,,,New,open,1,SAR,2026-02-30,", "created_on '2026-02-30' is not a day"),
    ("B,West,,,,,New,open,1,SAR,20260201,", "created_on '20260201' is not a day"),
    ("B,West,,,,,New,open,1,SAR,2026-01-01,2026-01-02", "closed_on '2026-01-02' is given, but the deal is open"),
    ("B,West,,,,,New,won,1,SAR,2026-01-01,", "closed_on '' is empty, but the deal is won"),
    ("B,West,,,,,New,lost,1,SAR,2026-01-02,2026-01-01", "closed_on '2026-01-01' is before created_on, 2026-01-02"),
    ("B,West,,,,,New,won,1,SAR,2026-01-02,x", "closed_on 'x' is not a day"),
    *(
        (f"B,West,,,,,New,open,{value},SAR,2026-01-01,", f"value '{value}' is not a number")
        for value in ("x", "nan", "inf", "1.2345", "1e3", "1_000", "١٢", "1000000000000.001", "-1000000000001", "$5")
    ),
    *(
        (f"B,West,,,,,New,open,1,{currency},2026-01-01,", f"currency '{currency}' is not a currency")
        for currency in ("SA", "Riyal", "S4R", "ر.س")
    ),
    ("B,West,,,,,New,open,1,SAR,2026-01-01", "has 11 cells where the header has 12"),
    ("B,West,,,,,New,open,1,SAR,2026-01-01,,", "has 13 cells where the header has 12"),
    ("A1,West,,,,,New,open,1,SAR,2026-01-01,", "deal_id 'A1' is in line 2 already"),
    ("B,West,,,,,New,open,1,USD,2026-01-01,", "currency 'USD' is not SAR, which other deals of 'West' are in"),
]


@pytest.mark.parametrize(("row", "problem"), BAD)
def test_a_bad_row_is_named_and_nothing_is_loaded(files: Files, row: str, problem: str) -> None:
    message = files.refused(FIRST, row)
    assert f"line 3: {problem}" in message
    assert message.count("line 3:") == 1
    assert files.deals.pipelines() == ()
    assert files.cards() == {}


def test_a_bad_row_leaves_earlier_deals_alone(files: Files) -> None:
    files.rows(FIRST, SECOND)
    before = files.cards()
    files.refused(FIRST.replace("Printers", "Changed"), "C,,,,,,,,,,,")
    assert files.cards() == before


def test_everything_wrong_with_a_row_is_said_at_once(files: Files) -> None:
    message = files.refused(",,,,,,,gone,much,Riyal,today,later")
    for column in ("deal_id", "pipeline", "stage", "status", "value", "currency", "created_on", "closed_on"):
        assert f"{column} '" in message


def test_ten_bad_rows_are_listed_and_the_rest_is_counted(files: Files) -> None:
    message = files.refused(*(f"B{number},West,,,,,New,open,x,SAR,2026-01-01," for number in range(25)))
    assert message.startswith("25 rows of ")
    assert message.count("  line ") == 10
    assert message.endswith("and 15 more")


def test_lines_are_those_of_the_file_even_with_quoted_newlines(files: Files) -> None:
    row = 'B1,West,"two\nlines",,,,New,open,1,SAR,2026-01-01,'
    message = files.refused(row, "", row.replace("B1", "B2"), SECOND.replace("open,,", "open,x,"))
    assert "line 7: value 'x'" in message


def test_the_file_s_own_names_are_used(files: Files) -> None:
    text = f"{HEADER}\n{SECOND}\n".replace("value", "amount").replace("open,,", "open,x,")
    with pytest.raises(DataError, match="line 2: amount 'x'"):
        files.load(text, {"value": "amount"})


def test_long_cells_are_cut_and_control_characters_are_shown(files: Files) -> None:
    message = files.refused(SECOND.replace("open,,", f"open,\x1b[31m{'9' * 500},"))
    assert "\\x1b" in message
    assert len(message) < 400


@pytest.mark.parametrize("value", ["0", "-12.5", "+3", "1000000000000", "-1000000000000.000", "1.1000", "0.001", "007"])
def test_plain_numbers_are_exact(files: Files, value: str) -> None:
    files.rows(SECOND.replace("open,,", f"open,{value},"))
    assert files.cards()["A2"].deal.value == Decimal(value)


def test_control_characters_in_names_are_data(files: Files) -> None:
    name = "tab\tbell\x07zero\x00end \u202e"
    files.rows(SECOND.replace("Paper", f'"{name}"'))
    assert files.cards()["A2"].deal.name == name.strip()


def test_currencies_are_written_large_and_may_differ_between_pipelines(files: Files) -> None:
    files.rows(FIRST.replace("SAR", "sar"), SECOND.replace("West", "East").replace("SAR", "USD"))
    assert {it.deal.currency for it in files.cards().values()} == {"SAR", "USD"}


def test_a_pipeline_keeps_its_currency_over_all_files(files: Files) -> None:
    files.rows(FIRST, SECOND)
    third = FIRST.replace("A1", "A3").replace("SAR", "USD")
    assert "line 2: currency 'USD' is not SAR" in files.refused(third)
    # But a newer export of all of them may say that the currency was wrong.
    assert files.rows(*(row.replace("SAR", "USD") for row in (FIRST, SECOND)), third).updated == 2


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (codecs.BOM_UTF8, "is empty"),
        (HEADER.encode(), "holds no deals"),
        (f"{HEADER}\n{FIRST}\nCaf".encode() + b"\xe9", "not UTF-8, see line 3"),
        (f"{HEADER}\n{FIRST}".encode("utf-16"), "not UTF-8"),
        (f'{HEADER}\n{FIRST}\nB,West,"never closed,,,\nC,West'.encode(), "from line 3 on"),
        (f"{HEADER}\n{FIRST}\nB,West,{'x' * 200_000}".encode(), "from line 3 on"),
    ],
)
def test_a_file_that_is_no_list_of_deals_is_refused(files: Files, content: bytes, problem: str) -> None:
    with pytest.raises(DataError, match=problem) as caught:
        files.load(content)
    assert caught.value.hint.endswith(".")
    assert not caught.value.message.endswith(".")


@pytest.mark.parametrize(("name", "problem"), [("missing.csv", "No such file"), (".", "Is a directory")])
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, empty: Deals, name: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem) as caught:
        load_csv(empty, tmp_path / name, {}, RIYADH)
    assert caught.value.hint


def test_loading_again_updates(files: Files) -> None:
    files.rows(FIRST, SECOND)
    before = files.cards()
    result = files.rows(
        SECOND.replace("New,open,,SAR,2026-01-04,", "Won,won,900,SAR,2026-01-04,2026-03-01"),
        FIRST.replace("A1", "A3").replace("Sara,", "Sara Khalil,"),
    )
    assert (result.new, result.updated) == (1, 1)
    after = files.cards()
    assert after["A2"].deal.id == before["A2"].deal.id
    assert (after["A2"].deal.status, after["A2"].deal.value) == ("won", Decimal(900))
    assert [it.name for it in files.deals.pipelines()] == ["West"]
    assert [it.name for it in files.deals.agents()] == ["Sara Khalil"]
    assert after["A1"].deal == before["A1"].deal


def test_agents_are_known_by_e_mail_else_by_name(files: Files) -> None:
    def row(number: int, name: str, email: str) -> str:
        return f"A{number},West,,,{name},{email},New,open,1,SAR,2026-01-01,"

    result = files.rows(
        row(1, "Sara", "sara@example.com"),
        row(2, "Sara K.", "Sara@Example.com"),
        row(3, "Sara", ""),
        row(4, "", "omar@example.com"),
        row(5, "", ""),
    )
    assert result.agents == 3
    assert [(it.name, it.email) for it in files.deals.agents()] == [
        ("Sara K.", "sara@example.com"),
        ("Sara", None),
        ("omar@example.com", "omar@example.com"),
    ]
    owners = {key: card.deal.agent_id for key, card in files.cards().items()}
    assert owners == {"A1": 1, "A2": 1, "A3": 2, "A4": 3, "A5": None}


def test_open_stages_come_first_then_won_then_lost(files: Files) -> None:
    def row(number: int, stage: str, status: str) -> str:
        return f"A{number},West,,,,,{stage},{status},1,SAR,2026-01-01,{'' if status == 'open' else '2026-01-02'}"

    files.rows(
        row(1, "Closed lost", "lost"),
        row(2, "Signed", "won"),
        row(3, "Demo", "open"),
        row(4, "Demo", "lost"),
        row(5, "Call", "open"),
    )
    assert [(it.name, it.position, it.chatwoot_status) for it in files.deals.stages(1)] == [
        ("Demo", 1, "open"),
        ("Call", 2, "open"),
        ("Signed", 3, "resolved"),
        ("Closed lost", 4, "resolved"),
    ]


def test_real_deals_never_stand_beside_made_up_ones(files: Files) -> None:
    fill(files.deals, Sample((), (), (), ()))
    with pytest.raises(ConfigError, match="made-up sample"):
        files.rows(FIRST)
    assert files.deals.pipelines() == ()


def test_a_failure_while_writing_leaves_nothing(files: Files) -> None:
    files.deals._database.rows("CREATE TRIGGER full AFTER INSERT ON deals BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    with pytest.raises(ReportsError, match="disk full"):
        files.rows(FIRST)
    assert files.deals.pipelines() == ()
    assert files.deals.agents() == ()


@pytest.fixture(scope="session")
def real(real_deals: Path) -> Iterator[Deals]:
    with Deals.open(None) as deals:
        result = load_csv(deals, real_deals, {}, ZoneInfo("America/New_York"))
        assert result == LoadResult(8300, 0, 3, 30, date(2016, 10, 20), date(2017, 12, 31))
        yield deals


def test_the_real_deals_give_the_publisher_s_figures(real: Deals) -> None:
    totals = [real.totals(it.id) for it in real.pipelines()]
    assert sum(it.cards for it in totals) == 8300
    assert sum(it.won for it in totals) == 4238
    assert sum(it.lost for it in totals) == 2473
    quarters = [(1, 3), (4, 6), (7, 9), (10, 12)]
    won = [
        sum(
            real.figures(Window(it.id, date(2017, first, 1), date(2017, last, 31 if last in (3, 12) else 30))).won
            for it in real.pipelines()
        )
        for first, last in quarters
    ]
    assert won == [531, 1254, 1257, 1196]


def test_the_real_deals_give_what_a_straight_count_of_the_file_says(real: Deals, real_deals: Path) -> None:
    with real_deals.open(encoding="utf-8", newline="") as file:
        rows = [it for it in csv.DictReader(file) if it["pipeline"] == "East"]
    since, until = date(2017, 5, 3), date(2017, 8, 17)
    won = [it for it in rows if it["status"] == "won" and since.isoformat() <= it["closed_on"] <= until.isoformat()]
    [east] = [it for it in real.pipelines() if it.name == "East"]
    figures = real.figures(Window(east.id, since, until))
    assert figures.won == len(won)
    assert figures.value_won == sum(Decimal(it["value"]) for it in won)
    assert figures.created == sum(since.isoformat() <= it["created_on"] <= until.isoformat() for it in rows)
    by_agent = {agent.name: it.won for agent, it in real.by_agent(Window(east.id, since, until)) if agent and it.won}
    assert by_agent == Counter(it["agent_name"] for it in won)
