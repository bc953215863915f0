"""The outbox holds one whole file for each message, under a name that is safe."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from reports.errors import DeliveryError
from reports.mail import outbox
from reports.mail.compose import compose
from reports.mail.delivery import Status
from tests.mail.test_compose import KEY, letter

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path

EDITION = "weekly:2026-11-15:2026-11-21:all:r1"


def messages(*recipients: str) -> list[tuple[str, EmailMessage]]:
    return [(one, compose(letter(), one, key=KEY)) for one in recipients]


def test_one_whole_file_for_each(tmp_path: Path) -> None:
    made = messages("Anna <anna@example.com>", "basil@example.com")
    deliveries = outbox.put(tmp_path / "deep" / "outbox", EDITION, made)
    assert [(one.recipient, one.status) for one in deliveries] == [(to, Status.SENT) for to, _ in made]
    files = sorted((tmp_path / "deep" / "outbox").iterdir())
    assert files == sorted(one.path for one in deliveries if one.path)
    assert [path.read_bytes() for path in files] == [message.as_bytes() for _, message in made]
    assert [path.name for path in files] == [
        f"weekly_2026-11-15_2026-11-21_all_r1_{address}.eml" for address in ("anna@example.com", "basil@example.com")
    ]


def test_a_second_run_of_the_same_revision_replaces_its_own_file_only(tmp_path: Path) -> None:
    outbox.put(tmp_path, EDITION, messages("anna@example.com"))
    [other] = outbox.put(tmp_path, EDITION.replace("r1", "r2"), messages("anna@example.com"))
    [again] = outbox.put(tmp_path, EDITION, messages("ANNA@example.com"))
    assert len(list(tmp_path.iterdir())) == 2
    assert other.path != again.path


@pytest.mark.parametrize(
    "address",
    [
        "a/b@example.com",
        '"../../etc/x"@example.com',
        '"a b"@example.com',
        "a*?|b@example.com",
        "$HOME`id`@example.com",
        "%2e%2e@example.com",
    ],
)
def test_names_are_safe(tmp_path: Path, address: str) -> None:
    folder = tmp_path / "outbox"
    [delivery] = outbox.put(folder, EDITION, messages(address))
    [file] = folder.iterdir()
    assert file == delivery.path
    assert re.fullmatch(r"[A-Za-z0-9@+%~._-]+\.eml", file.name)
    assert list(tmp_path.iterdir()) == [folder]


def test_addresses_that_are_alike_do_not_meet(tmp_path: Path) -> None:
    alike = ["a_b@example.com", "a+b@example.com", "a!b@example.com", "a/b@example.com", "a%2Fb@example.com"]
    outbox.put(tmp_path, EDITION, messages(*alike))
    assert len(list(tmp_path.iterdir())) == len(alike)


@pytest.mark.parametrize("folder", ["taken", "taken/outbox"])
def test_a_file_in_place_of_the_folder(tmp_path: Path, folder: str) -> None:
    (tmp_path / "taken").write_bytes(b"a file")
    with pytest.raises(DeliveryError, match=r"the outbox can't be written at .*taken") as caught:
        outbox.put(tmp_path / folder, EDITION, messages("anna@example.com"))
    assert "email.folder" in caught.value.hint
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
    assert (tmp_path / "taken").read_bytes() == b"a file"


def test_nothing_half_written_stays(tmp_path: Path) -> None:
    target = tmp_path / "weekly_2026-11-15_2026-11-21_all_r1_anna@example.com.eml"
    (target / "in the way").mkdir(parents=True)  # a folder that can't be replaced by a file
    with pytest.raises(DeliveryError, match="can't be written"):
        outbox.put(tmp_path, EDITION, messages("anna@example.com"))
    assert list(tmp_path.iterdir()) == [target]


def test_a_message_that_cannot_be_written_does_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "weekly_2026-11-15_2026-11-21_all_r1_b@example.com.eml").mkdir()  # in the place of the second one
    found = outbox.put(tmp_path, EDITION, messages("a@example.com", "b@example.com", "c@example.com"))
    assert [one.status for one in found] == [Status.SENT, Status.FAILED, Status.SENT]


def test_a_very_long_address_still_has_a_file(tmp_path: Path) -> None:
    domain = ".".join(["a" * 60] * 3 + ["com"])
    found = outbox.put(tmp_path, EDITION, messages(*(f"{'x' * 50}{one}@{domain}" for one in "ab")))
    assert len({one.path for one in found}) == 2
    assert all(one.path and one.path.is_file() for one in found)
