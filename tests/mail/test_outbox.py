"""The outbox holds one whole file for each message, under a name that is safe."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import pytest

from reports.config.email import OutboxEmail
from reports.errors import DeliveryError
from reports.mail.compose import compose
from reports.mail.envelope import Envelope
from reports.mail.outcome import Outcome, Status
from reports.mail.post import open_post
from tests.mail.test_compose import KEY, letter

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path

EDITION = "weekly:2026-11-15:2026-11-21:all:r1"


SENDER = "Pipeline reports <reports@example.com>"


def put(folder: Path, *recipients: str, name: str = EDITION, number: int = 1) -> list[Outcome]:
    async def all_of_them() -> list[Outcome]:
        email = OutboxEmail.model_validate({"kind": "outbox", "from": SENDER, "folder": folder.name})
        async with open_post(email, folder.parent) as post:
            return [(await post.send([one], message(one, number), about=name))[0] for one in recipients]

    return asyncio.run(all_of_them())


def message(recipient: str, number: int = 1) -> EmailMessage:
    return compose(letter(), Envelope((recipient,)), key=KEY, send=number)


def test_one_whole_file_for_each(tmp_path: Path) -> None:
    recipients = ["Anna <anna@example.com>", "basil@example.com"]
    deliveries = put(tmp_path / "deep" / "outbox", *recipients)
    assert [(one.recipient, one.status) for one in deliveries] == [(to, Status.SENT) for to in recipients]
    files = sorted((tmp_path / "deep" / "outbox").iterdir())
    assert files == sorted(one.path for one in deliveries if one.path)
    assert [path.read_bytes() for path in files] == [message(one).as_bytes() for one in recipients]
    assert [path.name for path in files] == [
        f"weekly_2026-11-15_2026-11-21_all_r1_{address}.eml" for address in ("anna@example.com", "basil@example.com")
    ]


def test_a_second_run_of_the_same_revision_replaces_its_own_file_only(tmp_path: Path) -> None:
    put(tmp_path, "anna@example.com")
    [other] = put(tmp_path, "anna@example.com", name=EDITION.replace("r1", "r2"))
    [again] = put(tmp_path, "ANNA@example.com")
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
    [delivery] = put(folder, address)
    [file] = folder.iterdir()
    assert file == delivery.path
    assert re.fullmatch(r"[A-Za-z0-9@+%~._-]+\.eml", file.name)
    assert list(tmp_path.iterdir()) == [folder]


def test_a_name_of_what_is_sent_cannot_lead_elsewhere(tmp_path: Path) -> None:
    [delivery] = put(tmp_path / "outbox", "anna@example.com", name="notice:../a b")
    assert delivery.path == tmp_path / "outbox" / "notice_..%2Fa%20b_anna@example.com.eml"


def test_addresses_that_are_alike_do_not_meet(tmp_path: Path) -> None:
    alike = ["a_b@example.com", "a+b@example.com", "a!b@example.com", "a/b@example.com", "a%2Fb@example.com"]
    put(tmp_path, *alike)
    assert len(list(tmp_path.iterdir())) == len(alike)


@pytest.mark.parametrize("folder", ["taken", "taken/outbox"])
def test_a_file_in_place_of_the_folder(tmp_path: Path, folder: str) -> None:
    (tmp_path / "taken").write_bytes(b"a file")
    with pytest.raises(DeliveryError, match=r"the outbox can't be written at .*taken") as caught:
        put(tmp_path / folder, "anna@example.com")
    assert "email.folder" in caught.value.hint
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
    assert (tmp_path / "taken").read_bytes() == b"a file"


def test_nothing_half_written_stays(tmp_path: Path) -> None:
    target = tmp_path / "weekly_2026-11-15_2026-11-21_all_r1_anna@example.com.eml"
    (target / "in the way").mkdir(parents=True)  # a folder that can't be replaced by a file
    [delivery] = put(tmp_path, "anna@example.com")
    assert (delivery.status, delivery.permanent) == (Status.FAILED, True)
    assert f"can't be written at {tmp_path}" in delivery.detail
    assert list(tmp_path.iterdir()) == [target]


def test_a_deliberate_resend_has_a_file_of_its_own_and_its_retry_the_same(tmp_path: Path) -> None:
    [first] = put(tmp_path, "anna@example.com")
    [second] = put(tmp_path, "anna@example.com", number=2)
    [again] = put(tmp_path, "anna@example.com", number=2)
    assert second.path == again.path
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "weekly_2026-11-15_2026-11-21_all_r1_anna@example.com.eml": message("anna@example.com").as_bytes(),
        "weekly_2026-11-15_2026-11-21_all_r1_anna@example.com_2.eml": message("anna@example.com", 2).as_bytes(),
    }
    assert first.path != second.path


def test_entering_makes_the_folder_and_leaves_nothing_in_it(tmp_path: Path) -> None:
    assert put(tmp_path / "deep" / "outbox") == []
    assert list((tmp_path / "deep" / "outbox").iterdir()) == []


def test_after_a_wish_to_stop_nothing_is_written(tmp_path: Path) -> None:
    async def stopped_after_one() -> list[Outcome]:
        email = OutboxEmail.model_validate({"kind": "outbox", "from": SENDER})
        task = asyncio.current_task()
        assert task
        async with open_post(email, tmp_path) as post:
            [first] = await post.send(["a@example.com"], message("a@example.com"), about=EDITION)
            task.cancel()
            others = [
                (await post.send([one], message(one), about=EDITION))[0] for one in ("b@example.com", "c@example.com")
            ]
        assert task.uncancel() == 0
        return [first, *others]

    found = asyncio.run(stopped_after_one())
    assert [one.status for one in found] == [Status.SENT, Status.FAILED, Status.FAILED]
    assert [(one.detail, one.permanent) for one in found[1:]] == [("stopped before it was sent", False)] * 2
    assert len(list((tmp_path / "outbox").iterdir())) == 1


def test_a_message_that_cannot_be_written_does_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "weekly_2026-11-15_2026-11-21_all_r1_b@example.com.eml").mkdir()  # in the place of the second one
    found = put(tmp_path, "a@example.com", "b@example.com", "c@example.com")
    assert [one.status for one in found] == [Status.SENT, Status.FAILED, Status.SENT]


def test_a_very_long_address_still_has_a_file(tmp_path: Path) -> None:
    domain = ".".join(["a" * 60] * 3 + ["com"])
    found = put(tmp_path, *(f"{'x' * 50}{one}@{domain}" for one in "ab"))
    assert len({one.path for one in found}) == 2
    assert all(one.path and one.path.is_file() for one in found)
