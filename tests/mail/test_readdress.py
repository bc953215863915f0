"""The archived message becomes, to the byte, the one that was made for each recipient."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reports.config.values import parse_address, plain_address
from reports.errors import LedgerError
from reports.mail import enclosure
from reports.mail.compose import Letter, compose
from reports.mail.enclosure import Enclosure
from reports.mail.envelope import Envelope
from reports.mail.readdress import readdress
from tests.mail.test_compose import KEY, PNG, TO, letter

ARABIC = "تقرير المبيعات الأسبوعي، " * 6 + "15\u201321 نوفمبر"
ONLY = Envelope((TO,))
LONG_DOMAIN = "notifications.reports.najd-trading-international.example.com"


def archived(one: Letter) -> bytes:
    return compose(one, Envelope((one.sender,)), key=b"archive").as_bytes()


def holds(one: Letter, envelope: Envelope, key: bytes = KEY, send: int = 1) -> None:
    """Expect the law: readdressing what is kept is composing for the recipients."""
    found = readdress(archived(one), envelope, edition=one.edition, key=key, send=send)
    made = compose(one, envelope, key=key, send=send)
    assert found.as_bytes() == made.as_bytes()
    assert all(found[name] == made[name] for name in ("To", "Cc", "Message-ID", "List-Unsubscribe"))
    assert named(found.as_bytes()) == [*map(plain_address, envelope.to), *map(plain_address, envelope.cc)]


def named(content: bytes) -> list[str]:
    """Return the addresses that a reader of the message sees, in small letters."""
    message = message_from_bytes(content, policy=default)
    assert not message.defects
    headers = [message[name] for name in ("To", "Cc") if message[name]]
    return [one.addr_spec.casefold() for header in headers for one in header.addresses]


def printable(most: int) -> st.SearchStrategy[str]:
    """Return texts of one line, as titles and names are: of any script, with spaces anywhere."""
    letters = st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"])
    arabic = st.text("تقرير المبيعات ١٢٣،", max_size=most)
    words = st.lists(st.text("abcXYZ=?_-.,:;()<>\"'@", max_size=90), max_size=8).map(" ".join)
    return st.one_of(st.text(letters, max_size=most), arabic, words)


def addresses() -> st.SearchStrategy[str]:
    """Return mailboxes that the configuration takes, with and without a name."""
    local = st.from_regex(r"[a-z][a-z0-9+_]{0,30}(\.[a-z0-9]{1,20}){0,2}", fullmatch=True)
    domain = st.sampled_from(["example.com", "example.org", LONG_DOMAIN])
    bare = st.builds("{}@{}".format, local, domain)
    quoted = st.text("abc ABC,.;@()'تقرير\u2013é", max_size=60).map(lambda name: f'"{name}"')
    plain = st.text("abc ABC تقرير", max_size=120)
    return st.one_of(bare, st.builds("{} <{}>".format, quoted | plain, bare)).filter(taken)


def taken(address: str) -> bool:
    try:
        parse_address(address)
    except ValueError:
        return False
    return True


def enclosures() -> st.SearchStrategy[Enclosure]:
    kinds = st.sampled_from([("application", "pdf"), ("text", "csv"), ("application", "json")])
    name, content = st.from_regex(r"[a-z0-9_-]{1,150}\.[a-z]{3,4}", fullmatch=True), st.binary(max_size=400)
    return st.builds(lambda name, kind, content: Enclosure(name, *kind, content), name, kinds, content)


def envelopes() -> st.SearchStrategy[Envelope]:
    """Return envelopes of one, with and without a link, and of several."""
    some = st.lists(addresses(), max_size=4).map(tuple)
    link = st.none() | st.from_regex(r"https://[a-z]{1,9}\.example/optout/[A-Za-z0-9_-]{1,600}", fullmatch=True)
    one = st.builds(lambda to, link: Envelope((to,), unsubscribe=link), addresses(), link)
    several = st.builds(lambda first, to, cc, bcc: Envelope((first, *to), cc, bcc), addresses(), some, some, some)
    return one | several | st.builds(lambda bcc: Envelope((), (), bcc), some.filter(bool))


def letters() -> st.SearchStrategy[Letter]:
    bodies = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)
    return st.builds(
        letter,
        subject=printable(300),
        sender=addresses(),
        report=st.from_regex(r"[a-z][a-z0-9-]{0,39}", fullmatch=True),
        text=bodies,
        html=st.builds("<html><body><p>{}</p></body></html>".format, printable(200)),
        pictures=st.dictionaries(st.from_regex(r"[a-z]{1,9}", fullmatch=True), st.binary(max_size=200), max_size=2),
        attachments=st.lists(enclosures(), max_size=3).map(tuple),
        reply_to=st.none() | addresses(),
        language=st.sampled_from(["en", "ar", "de-DE"]),
    )


@given(letters(), envelopes(), st.binary(min_size=1, max_size=80), st.integers(1, 10**6))
@example(letter(subject=ARABIC, sender="تقارير <reports@example.com>"), ONLY, KEY, 1)
@example(letter(subject="x" * 300), Envelope((f"Sales <sales@{LONG_DOMAIN}>",)), KEY, 2)
@example(
    letter(report="a" * 40, sender=f"The reports <pipeline.reports@{LONG_DOMAIN}>"),
    Envelope(("تقارير <a@example.com>",)),
    KEY,
    1,
)
@example(letter(subject="  ", text="From here\n.\n--=0=\n"), ONLY, KEY, 1)
@example(letter(subject=""), ONLY, KEY, 1)
@example(letter(attachments=()), ONLY, KEY, 1)
@example(letter(pictures={}, attachments=(enclosure.csv("a.csv", b""),)), ONLY, KEY, 1)
@example(letter(), Envelope((TO,), unsubscribe=f"https://reports.example.com/optout/{'x' * 700}"), KEY, 1)
@example(letter(reply_to="Sales, the leads <leads@example.com>".replace(",", "")), Envelope((), bcc=(TO,)), KEY, 1)
def test_readdressing_is_composing(one: Letter, envelope: Envelope, key: bytes, send: int) -> None:
    holds(one, envelope, key, send)


def test_only_what_belongs_to_the_recipient_differs() -> None:
    master = archived(letter())
    found = readdress(master, ONLY, edition=letter().edition, key=KEY, send=1).as_bytes()
    old, new = (message_from_bytes(one, policy=default) for one in (master, found))
    seeds = [str(one.get_boundary()).split("=")[2] for one in (old, new)]
    differing = {
        line.split(b":")[0]
        for line, other in zip(
            master.replace(seeds[0].encode(), seeds[1].encode()).split(b"\r\n"), found.split(b"\r\n"), strict=True
        )
        if line != other
    }
    assert differing == {b"To", b"Message-ID"}
    assert seeds[0] != seeds[1]


def test_the_archived_bytes_count_and_not_what_could_be_made_now() -> None:
    master = archived(letter(text="As it was\n", pictures={"trend": PNG}))
    found = readdress(master, ONLY, edition=letter().edition, key=KEY, send=3)
    body = found.get_body(("plain",))
    assert body is not None
    assert body.get_content().strip() == "As it was"
    assert readdress(master, ONLY, edition=letter().edition, key=KEY, send=3).as_bytes() == found.as_bytes()


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"no message at all",
        archived(letter())[:-200],
        archived(letter())[200:],
        archived(letter()).replace(b"\r\n", b"\n"),
        archived(letter()).replace(b"From: ", b"Form: "),
    ],
)
def test_a_damaged_message_is_not_sent(damaged: bytes) -> None:
    with pytest.raises(LedgerError, match="is damaged"):
        readdress(damaged, ONLY, edition=letter().edition, key=KEY, send=1)
