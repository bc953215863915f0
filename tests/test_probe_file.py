"""What is quoted from the file of the last probe, and what is not."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from reports import probe_file
from reports.analysis.probe import Outcome, Proof, Subject, Verdict, Why
from reports.config import load
from reports.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from reports.config.model import Config

ON = date(2026, 11, 22)
NUMBERS = {
    "pipeline": "1",
    "since": "2026-01-01",
    "until": "2026-01-28",
    "field": "total_won",
    "found": "3",
    "low": "4",
    "high": "5.5",
}
PROOF = Proof(
    ON,
    {
        Subject.CREATED: Verdict(Subject.CREATED, Outcome.VERIFIED, Why.ALONE),
        Subject.WON: Verdict(Subject.WON, Outcome.DIFFERS, Why.NUMBERS, NUMBERS),
        Subject.CURRENCY: Verdict(Subject.CURRENCY, Outcome.VERIFIED, Why.ALONE),
    },
)
CONFIG = """
account = { name = "Najd", timezone = "Asia/Riyadh", currency = "SAR" }
source = { kind = "voxys", account_id = 12, token = { env = "T" } }
email = { kind = "outbox", from = "r@example.com" }
reports.weekly = { title = "Weekly", to = ["a@example.com"] }
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG, encoding="utf-8")
    return load(path)


def test_what_was_written_is_read(config: Config) -> None:
    assert probe_file.read(config, "SAR", [1]) is None
    probe_file.write(config, PROOF, {1: {"SAR"}, 2: {"SAR", "USD"}})
    assert probe_file.read(config, "SAR", [1, 2]) == PROOF


@pytest.mark.parametrize(("currency", "pipelines"), [("USD", [1, 2]), ("SAR", [1, 3])])
def test_a_currency_that_was_not_compared_is_assumed(config: Config, currency: str, pipelines: list[int]) -> None:
    probe_file.write(config, PROOF, {1: {"SAR"}, 2: {"SAR", "USD"}})
    found = probe_file.read(config, currency, pipelines)
    assert found is not None
    assert found.verdicts[Subject.CURRENCY].outcome is Outcome.ASSUMED
    assert found.verdicts[Subject.WON] == PROOF.verdicts[Subject.WON]


def spoilt(config: Config, *path: str, value: Any) -> Proof | None:
    probe_file.write(config, PROOF, {1: {"SAR"}})
    content = json.loads(probe_file.path_of(config).read_bytes())
    place = content
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    probe_file.path_of(config).write_text(json.dumps(content), encoding="utf-8")
    return probe_file.read(config, "SAR", [1])


@pytest.mark.parametrize(
    "path", [("probed_on",), ("verdicts",), ("currencies",), ("source",), ("verdicts", "won", "why")]
)
@pytest.mark.parametrize("value", [None, 3, "soon", [], {"x": 1}], ids=repr)
def test_a_file_that_is_not_understood_is_as_good_as_none(config: Config, path: tuple[str, ...], value: Any) -> None:
    found = spoilt(config, *path, value=value)
    assert found is None or (path[0] == "currencies" and found.verdicts[Subject.CURRENCY].outcome is Outcome.ASSUMED)


@pytest.mark.parametrize("name", ["since", "until", "found", "low", "high"])
@pytest.mark.parametrize("value", ["x", "NaN", ""])
def test_values_that_could_not_be_written_out_are_refused(config: Config, name: str, value: str) -> None:
    assert spoilt(config, "verdicts", "won", "values", name, value=value) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff"])
def test_rubbish_is_as_good_as_none(config: Config, content: bytes) -> None:
    probe_file.path_of(config).write_bytes(content)
    assert probe_file.read(config, "SAR", [1]) is None


def test_a_place_that_cannot_be_written_is_named(config: Config) -> None:
    probe_file.path_of(config).mkdir()
    with pytest.raises(ConfigError, match=r"probe\.json can't be written"):
        probe_file.write(config, PROOF, {})
