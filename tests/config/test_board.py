"""A report for the board has its own defaults, and no paper but slides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.config.test_config import Writer

if TYPE_CHECKING:
    from pathlib import Path

    from reports.config.report import Report

TITLE = 'title = "Weekly"'


@pytest.fixture
def writer(tmp_path: Path) -> Writer:
    return Writer(tmp_path)


def board(writer: Writer, more: str = "") -> Report:
    return writer.load((TITLE, f'{TITLE}\ntemplate = "board"\n{more}')).report("weekly")


def test_a_board_sees_the_last_quarter_against_the_one_before_and_a_year_ago(writer: Writer) -> None:
    found = board(writer)
    assert (found.paper, str(found.kind.unit), found.compare) == ("16:9", "quarter", ("previous", "year_ago"))
    assert found.is_slides
    assert found.trailing == 9


def test_what_is_set_goes_before_the_defaults(writer: Writer) -> None:
    found = board(writer, 'period = "quarter_to_date"\ncompare = ["previous"]\ntrailing = 5')
    assert (found.period, found.compare, found.trailing) == ("quarter_to_date", ("previous",), 5)


@pytest.mark.parametrize("period", ["year", "year_to_date"])
def test_a_year_is_compared_with_the_one_before_alone(writer: Writer, period: str) -> None:
    assert board(writer, f'period = "{period}"').compare == ("previous",)


@pytest.mark.parametrize(
    ("instead", "words"),
    [
        ('template = "board"\npaper = "A4"', 'the template "board" is for slides'),
        ('paper = "16:9"', 'paper = "16:9" is for slides'),
        ('template = "board"\npaper = "slides"', "paper"),
    ],
)
def test_paper_and_template_go_together(writer: Writer, instead: str, words: str) -> None:
    (problem,) = writer.problems((TITLE, f"{TITLE}\n{instead}"))
    assert words in problem
