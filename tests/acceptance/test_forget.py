"""A person who asks for it is erased from everything that was kept."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from shutil import copytree, rmtree
from typing import TYPE_CHECKING

import pypdfium2
import pytest

from tests.acceptance.conftest import DEALS, load, reports, worked, write_config

if TYPE_CHECKING:
    from pathlib import Path

NAME, ADDRESS = "خالد العتيبي", "khalid@example.com"
ID = "weekly:2025-09-28:2025-10-04:all:r1"
HOME = "archive/weekly/2025-09-28_2025-10-04/all"


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Deliver one report to three recipients, once for all tests."""
    folder = tmp_path_factory.mktemp("delivered")
    load(DEALS, folder / "deals.sqlite")
    source = 'kind = "sandbox"\ndatabase = "deals.sqlite"'
    write_config(folder, source, to='["Sales <sales@example.com>", "Board <board@example.com>", "ceo@example.com"]')
    worked(reports("run", "weekly", "--as-of", "2025-10-05", cwd=folder))
    return folder


@pytest.fixture
def folder(tmp_path: Path, delivered: Path) -> Path:
    return copytree(delivered, tmp_path, dirs_exist_ok=True)


def knowing(folder: Path, text: str) -> list[str]:
    """Return the kept files in which a text stands, in a PDF as it is read."""
    found = []
    for path in sorted((folder / "archive").rglob("*")):
        if path.suffix == ".pdf":
            document = pypdfium2.PdfDocument(path)
            content = "".join(page.get_textpage().get_text_bounded() for page in document)
        else:
            content = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        if text in content or text.encode("unicode-escape").decode() in content:
            found.append(path.name)
    return found


def test_an_owner_of_deals_is_erased(folder: Path) -> None:
    assert {"snapshot.json", "edition.json"} <= set(knowing(folder, ADDRESS))
    before = json.loads((folder / HOME / "r1" / "edition.json").read_bytes())
    said = worked(reports("forget", ADDRESS.upper(), "--yes", cwd=folder)).text
    assert f"{ID}: made anew" in said
    assert knowing(folder, ADDRESS) == []
    assert knowing(folder, NAME) == []
    after = json.loads((folder / HOME / "r1" / "edition.json").read_bytes())
    assert after["overall"]["current"] == before["overall"]["current"], "the numbers stay"
    assert any(
        one["agent"] and one["agent"]["name"].startswith("Erased person") for one in after["overall"]["by_agent"]
    )
    assert [path.name for path in (folder / HOME).iterdir()] == ["r1"]
    assert "the same bytes" in worked(reports("render", ID, cwd=folder)).text
    assert "sales@example.com" in worked(reports("show", ID, cwd=folder)).text, "the record of who got it stays"
    assert "No edition knows" in worked(reports("forget", ADDRESS, "--yes", cwd=folder)).text


def bytes_of_ledger(folder: Path) -> bytes:
    """Return all that the ledger's files hold, pages that are free with it."""
    return b"".join(path.read_bytes() for path in folder.glob("ledger.sqlite*") if path.is_file()).lower()


def test_recipients_are_erased(folder: Path) -> None:
    assert b"sales@example.com" in bytes_of_ledger(folder)
    for address in ("sales@example.com", "board@example.com"):
        said = worked(reports("forget", address, "--yes", cwd=folder)).text
        assert f"{ID}: made anew" in said
        assert "1 edition knew" in said
        assert "config.toml still names it under reports.weekly.to" in said
        assert knowing(folder, address) == []
        assert address.encode() not in bytes_of_ledger(folder)
    with closing(sqlite3.connect(folder / "ledger.sqlite")) as ledger:
        rows = ledger.execute("SELECT recipient, mailbox, state FROM deliveries ORDER BY id").fetchall()
    assert rows == [
        ("erased-1@erased.invalid", "erased-1@erased.invalid", "sent"),
        ("erased-2@erased.invalid", "erased-2@erased.invalid", "sent"),
        ("ceo@example.com", "ceo@example.com", "sent"),
    ]
    assert "the same bytes" in worked(reports("render", ID, cwd=folder)).text


def test_what_only_the_ledger_has_any_more_is_erased_and_counted(folder: Path) -> None:
    rmtree(folder / "archive" / "weekly")
    said = worked(reports("forget", "ceo@example.com", "--yes", cwd=folder)).text
    assert f"{ID}: deliveries erased" in said
    assert "1 edition knew ceo@example.com" in said
    assert b"ceo@example.com" not in bytes_of_ledger(folder)


@pytest.mark.parametrize("address", ["khalid", "khalid@", "a@b.c, d@e.f"])
def test_what_is_no_address(folder: Path, address: str) -> None:
    outcome = reports("forget", address, "--yes", cwd=folder)
    assert outcome.code == 1
    assert "is not one e-mail address" in outcome.err
