"""The commands from outside: what they print, what they leave behind, and how they say no."""

from __future__ import annotations

import io
import json
import re
import socket
import ssl
from datetime import date
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING, Any

import jsonschema
import pikepdf
import pytest
import trustme

from tests.acceptance.conftest import CHECKOUT, TOKEN, Outcome, reports, serving, tree, voxys, worked, write_config
from tests.mail.servers import HOST, PASSWORD, USER, Mailbox, TakesTokens, mail_server
from tests.mail.tokens import Reply, TokenServer, given, token_server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Project = Callable[..., Path]

AS_OF = ("--as-of", "2025-10-05")
SPAN = "2025-09-28_2025-10-04"
SCHEMA = json.loads((CHECKOUT / "reports" / "render" / "edition.schema.json").read_text(encoding="utf-8"))
CHECKER = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())


def refused(outcome: Outcome, code: int, *words: str, hint: str = "") -> None:
    """Expect a refusal in words: on standard error alone, and with what to do about it."""
    assert outcome.code == code, outcome.all
    assert outcome.out == b""
    for word in words:
        assert word in outcome.err
    if code == 1:
        assert outcome.err.startswith("error: ")
        assert hint in outcome.err.partition("\nhint: ")[2]


# run


def test_what_no_font_has_is_said(project: Project) -> None:
    folder = project()
    config = folder / "config.toml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace('title = "Weekly pipeline report"', 'title = "Weekly 🚀 report"'), encoding="utf-8")
    said = reports("run", "weekly", *AS_OF, cwd=folder)
    assert said.code == 0
    assert "warning: 1 character that no font has was replaced by □: U+1F680 ROCKET\n" in said.err


def test_run_twice(project: Project) -> None:
    folder = project()
    first = worked(reports("run", "weekly", *AS_OF, cwd=folder))
    kept = tree(folder)
    refused(
        reports("run", "weekly", *AS_OF, cwd=folder),
        1,
        "everybody has weekly:2025-09-28:2025-10-04",
        hint="--again",
    )
    assert tree(folder) == kept, "nobody gets the same twice by mistake"
    second = worked(reports("run", "weekly", *AS_OF, "--again", cwd=folder))
    assert kept.pop("ledger.sqlite") == b"1 editions, 1 deliveries"

    home = f"archive/weekly/{SPAN}/all"
    files = {"snapshot.json", "edition.json", "mail.eml", "manifest.json", f"weekly-{SPAN}.pdf"}
    edition = "weekly_2025-09-28_2025-10-04_all"
    letters = [f"outbox/{edition}_r1_sales@example.com.eml", f"outbox/{edition}_r2_sales@example.com_2.eml"]
    assert {name for name in kept if "/inputs/" not in name} == {
        *("config.toml", "archive/.message-key", letters[0]),
        *(f"{home}/r1/{name}" for name in files),
    }
    after = tree(folder)
    assert after.pop("ledger.sqlite") == b"2 editions, 2 deliveries"
    fresh = {name for name in set(after) - set(kept) if "/inputs/" not in name}
    assert fresh == {letters[1], *(f"{home}/r2/{name}" for name in files)}
    assert {name: after[name] for name in kept} == kept, "what was kept is never written again"

    for revision, outcome, letter in zip(("r1", "r2"), (first, second), letters, strict=True):
        assert f"weekly:2025-09-28:2025-10-04:all:{revision}\n" in outcome.text
        assert f"{home}/{revision}/weekly-{SPAN}.pdf" in outcome.text
        assert letter in outcome.text
        assert "\x1b" not in outcome.text
        document = json.loads(after[f"{home}/{revision}/edition.json"])
        CHECKER.validate(document)
        assert document["edition"] == f"weekly:2025-09-28:2025-10-04:all:{revision}"
        message = message_from_bytes(after[letter], policy=default)
        [attached] = message.iter_attachments()
        assert attached.get_content() == after[f"{home}/{revision}/weekly-{SPAN}.pdf"]
        assert attached.get_filename() == "Weekly pipeline report, 28 Sept - 4 Oct 2025.pdf"
    ids = {message_from_bytes(after[letter], policy=default)["Message-ID"] for letter in letters}
    assert len(ids) == 2


def test_run_wants_a_name_where_there_are_several(project: Project) -> None:
    refused(reports("run", cwd=project()), 2, "weekly, monthly")


def test_delivery_where_one_of_three_is_refused(project: Project, tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(HOST).configure_cert(context)
    mailbox = Mailbox(refusals={"basil@example.com": "550 5.1.1 no such mailbox"})
    with mail_server(mailbox, starttls=context, login=True) as port:
        folder = project(
            email='kind = "smtp"\nfrom = "Pipeline reports <reports@example.com>"\nsecurity = "starttls"\n'
            f'host = "{HOST}"\nport = {port}\nusername = "{USER}"\npassword = {{ env = "TEST_PASSWORD" }}',
            to='["Anna <anna@example.com>", "Basil <basil@example.com>", "Carla <carla@example.com>"]',
        )
        env = {"SSL_CERT_FILE": str(tmp_path / "ca.pem"), "TEST_PASSWORD": PASSWORD}
        outcome = reports("run", "weekly", *AS_OF, cwd=folder, env=env)
        looked = reports("check", cwd=folder, env=env)
    assert outcome.code == 1
    assert mailbox.recipients == ["anna@example.com", "carla@example.com"]
    assert "1 of 3 messages not delivered: Basil <basil@example.com>" in outcome.err
    assert "anna@example.com" not in outcome.err
    assert re.search(r"basil@example\.com.*550.*no such mailbox", outcome.text)
    assert (folder / "archive" / "weekly" / SPAN / "all" / "r1").is_dir(), "what was made is kept all the same"
    assert f"{HOST}:{port}" in worked(looked).text
    everything = [outcome.all, looked.all, *(str(content) for content in tree(folder).values())]
    assert not any(PASSWORD in one for one in everything)
    for received in mailbox.received:
        assert received.recipients[0] in message_from_bytes(received.content, policy=default)["To"]


def test_check_proves_a_login_with_a_token_without_sending(project: Project, tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(HOST).configure_cert(context)
    env = {"SSL_CERT_FILE": str(tmp_path / "ca.pem"), "TEST_CLIENT_SECRET": "se-cret"}
    refusal = Reply({"error": "invalid_client", "error_description": "not se-cret"}, 400)
    mailbox, provider = TakesTokens("a-token"), TokenServer([given("a-token"), refusal])
    with mail_server(mailbox, starttls=context, login=True) as port, token_server(provider) as url:
        app = f'token_url = "{url}", client_id = "an-app", client_secret = {{ env = "TEST_CLIENT_SECRET" }}'
        folder = project(
            email='kind = "smtp"\nfrom = "Pipeline reports <reports@example.com>"\n'
            f'host = "{HOST}"\nport = {port}\nusername = "{USER}"\noauth = {{ {app} }}'
        )
        well = worked(reports("check", cwd=folder, env=env))
        ill = reports("check", cwd=folder, env=env)
    assert f"logged in as {USER} with a token" in well.text
    assert (ill.code, mailbox.received) == (1, [])
    assert "answered 400: invalid_client: not \u2026" in ill.text
    assert not any(one in well.all + ill.all for one in ("a-token", "se-cret"))


# export


def test_export_pdf_into_a_folder(project: Project, tmp_path: Path) -> None:
    (tmp_path / "reports of ours").mkdir()
    outcome = worked(reports("export", "weekly", *AS_OF, "-o", tmp_path / "reports of ours", cwd=project()))
    path = tmp_path / "reports of ours" / f"weekly-{SPAN}.pdf"
    assert outcome.text == f"{path}\n"
    assert path.read_bytes().startswith(b"%PDF-")
    with pikepdf.open(path) as pdf:
        assert "/StructTreeRoot" in pdf.Root
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang) == "en"
        assert "Weekly pipeline report" in str(pdf.docinfo["/Title"])
        assert len(pdf.pages) >= 2
    assert list((tmp_path / "reports of ours").iterdir()) == [path], "nothing else is left there"


def test_export_html_stands_alone(project: Project) -> None:
    folder = project()
    before = tree(folder)
    page = worked(reports("export", "weekly", *AS_OF, "--format", "html", "-o", "-", cwd=folder)).text
    assert tree(folder) == before, "nothing is kept"
    assert page.lstrip().startswith("<!DOCTYPE html>")
    addresses = re.findall(r"""(?:src|href|data|action|poster)\s*=\s*["']?([^"'\s>]+)""", page)
    addresses += re.findall(r"""url\(\s*["']?([^"')]+)""", page)
    assert any(one.startswith("data:font/ttf") for one in addresses)
    assert [one[:80] for one in addresses if not one.startswith(("data:", "#"))] == []
    assert "@import" not in page
    assert "file:" not in page
    assert not re.search(r"https?://(?!www\.w3\.org/)", page), "only the names of XML's own vocabularies"
    assert "<script" not in page


def test_export_json_into_a_file_it_makes(project: Project) -> None:
    folder = project()
    outcome = worked(reports("export", "weekly", *AS_OF, "--format", "json", "-o", "deep/er/week.json", cwd=folder))
    assert outcome.text == "deep/er/week.json\n"
    document = json.loads((folder / "deep/er/week.json").read_bytes())
    CHECKER.validate(document)
    assert (document["edition"], document["as_of"]) == ("weekly:2025-09-28:2025-10-04:all", "2025-10-05")
    assert (document["currency"], document["locale"]) == ("SAR", "en")
    assert document["fetched_at"].endswith("+03:00"), "the account's own time"
    del document["overall"]["trend"][0]["total_won"]
    assert not CHECKER.is_valid(document), "the schema says no to what it should"


def test_export_eml_here(project: Project) -> None:
    folder = project()
    assert worked(
        reports("export", "monthly", "--as-of", "2025-10-01", "--format", "eml", cwd=folder)
    ).text.strip() == ("monthly-2025-09-01_2025-09-30.eml")
    message = message_from_bytes((folder / "monthly-2025-09-01_2025-09-30.eml").read_bytes(), policy=default)
    assert not message.defects
    assert message["To"] == "Board <board@example.com>"
    assert "Monthly pipeline report" in message["Subject"]
    [attached] = message.iter_attachments()
    with pikepdf.open(io.BytesIO(attached.get_content())) as pdf:
        assert len(pdf.pages) >= 2
    assert not (folder / "outbox").exists()
    assert not (folder / "archive").exists()


def test_export_to_where_it_cannot_write(project: Project) -> None:
    folder = project()
    (folder / "taken").write_text("a file", encoding="utf-8")
    outcome = reports("export", "weekly", *AS_OF, "--format", "json", "-o", "taken/week.json", cwd=folder)
    refused(outcome, 1, "can't be written", hint="-o FILE")
    assert (folder / "taken").read_text(encoding="utf-8") == "a file"
    assert set(tree(folder)) == {"config.toml", "taken"}


# Notes and targets


def test_a_note_and_targets_are_in_everything_that_is_made(project: Project) -> None:
    folder = project()
    config = folder / "config.toml"
    text = config.read_text(encoding="utf-8").replace(
        "[reports.monthly]", "[reports.weekly.targets]\ntotal_value_won = 80000\nwin_rate = 45\n\n[reports.monthly]"
    )
    config.write_text(text, encoding="utf-8")
    (folder / "notes.md").write_text("# Outlook\n\nA **quiet** week <b>ahead</b>.", encoding="utf-8")
    worked(reports("run", "weekly", *AS_OF, cwd=folder))
    [letter] = (folder / "outbox").glob("*.eml")
    message = message_from_bytes(letter.read_bytes(), policy=default)
    plain, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert html is not None
    words = plain.get_content().replace("\r", "")
    assert "Commentary\n\n# Outlook\n\nA **quiet** week <b>ahead</b>.\n" in words
    assert "% of 80K target)" in words
    assert "<strong>quiet</strong> week &lt;b&gt;ahead&lt;/b&gt;." in html.get_content()
    assert " 45.0% target" in html.get_content()
    [kept] = folder.glob("archive/**/edition.json")
    document = json.loads(kept.read_bytes())
    CHECKER.validate(document)
    assert document["note"].startswith("# Outlook")
    value, rate = document["overall"]["targets"]
    current = document["overall"]["current"]
    assert (value["figure"], value["goal"], value["unit"]) == ("total_value_won", 80_000, "percent")
    assert value["reached"] == pytest.approx(current["total_value_won"] / 800)
    assert (rate["figure"], rate["unit"]) == ("win_rate", "points")
    assert rate["reached"] == pytest.approx(current["win_rate"] - 45)

    (folder / "other.md").write_text("Named.", encoding="utf-8")
    span = ("--since", "2025-09-01", "--until", "2025-09-10", "--note", "other.md")
    html_page = worked(reports("export", "weekly", *span, "--format", "html", "-o", "-", cwd=folder)).text
    assert "Named.</p>" in html_page
    assert "quiet</strong>" not in html_page
    assert "80K target" not in html_page
    assert "Targets are for whole periods of the report, so none is shown for these days." in html_page


# A year ago


YEAR_AGO = '<th scope="col" class="number">Year ago</th>'


def test_a_year_ago_is_in_everything_that_is_made(project: Project) -> None:
    folder = project()
    config = folder / "config.toml"
    weekly = 'title = "Weekly pipeline report"'
    text = config.read_text(encoding="utf-8").replace(weekly, f'{weekly}\ncompare = ["previous", "year_ago"]')
    config.write_text(text, encoding="utf-8")
    worked(reports("run", "weekly", *AS_OF, cwd=folder))
    [letter] = (folder / "outbox").glob("*.eml")
    message = message_from_bytes(letter.read_bytes(), policy=default)
    plain, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert html is not None
    assert plain.get_content().count(" a year ago)") == 8
    assert "▲" not in plain.get_content()
    assert len(re.findall(r" a year ago</td>", html.get_content())) == 8
    [kept] = folder.glob("archive/**/edition.json")
    document = json.loads(kept.read_bytes())
    CHECKER.validate(document)
    assert document["periods"]["year_ago"] == {"since": "2024-09-29", "until": "2024-10-05"}
    assert document["overall"]["year_ago"] is not None

    spring = ("--as-of", "2025-04-06")  # 30 March to 5 April: Eid; Ramadan until 29 March
    page = worked(reports("export", "weekly", *spring, "--format", "html", "-o", "-", cwd=folder)).text
    assert "Ramadan days: none now, 7 in 23–29 Mar, 7 a year ago." in page
    assert "Eid days: 3 now, none in 23–29 Mar, none a year ago. By the Umm al-Qura calendar." in page
    assert "Changes against 23–29 Mar; there is no data a year ago, 31 Mar" in page
    assert YEAR_AGO not in page, "what there is nothing of has no column"
    page = worked(reports("export", "weekly", *AS_OF, "--format", "html", "-o", "-", cwd=folder)).text
    figures = page.count('<table class="figures wide">')
    assert figures > 1
    assert page.count(YEAR_AGO) == 1 + figures, "the team, and each pipeline with data"


@pytest.mark.parametrize("command", ["run", "export"])
def test_a_note_that_cannot_be_read(project: Project, command: str) -> None:
    folder = project()
    (folder / "latin.md").write_bytes(b"caf\xe9")
    refused(reports(command, "weekly", "--note", "none.md", cwd=folder), 1, "no note at none.md", hint="--note")
    refused(reports(command, "weekly", "--note", "latin.md", cwd=folder), 1, "latin.md can't be read", hint="UTF-8")
    assert set(tree(folder)) == {"config.toml", "latin.md"}


# list, check, init


def test_list(project: Project) -> None:
    lines = worked(reports("list", cwd=project())).text.splitlines()
    assert lines[0].split() == ["NAME", "TITLE", "PERIOD", "TO"]
    assert [line.split()[0] for line in lines[1:]] == ["weekly", "monthly"]
    assert lines[1].endswith("Sales <sales@example.com>")


def test_check_where_all_is_well(project: Project) -> None:
    said = worked(reports("check", cwd=project())).text
    assert "FAIL" not in said
    assert "تجديد العقود" in said
    for about in ("configuration", "libraries", "fonts", "source", "mail", "weekly", "monthly"):
        assert re.search(rf"^\s*ok\s+{about}: ", said, re.MULTILINE), about


def test_check_with_a_dead_mail_server(project: Project) -> None:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    folder = project(email=f'kind = "smtp"\nfrom = "r@example.com"\nsecurity = "none"\nhost = "{HOST}"\nport = {port}')
    outcome = reports("check", cwd=folder)
    assert outcome.code == 1
    assert re.search(rf"^\s*FAIL\s+mail: .*{HOST}:{port}", outcome.text, re.MULTILINE)
    assert re.search(r"^\s*ok\s+weekly: ", outcome.text, re.MULTILINE), "it looks at the rest all the same"
    assert "1 of the checks failed" in outcome.err


def test_init_makes_a_project_whose_templates_are_used(tmp_path: Path) -> None:
    worked(reports("init", "mine", cwd=tmp_path))
    page = tmp_path / "mine" / "templates" / "weekly" / "page.html"
    text = page.read_text(encoding="utf-8")
    assert text.count('t("What the numbers mean")') == 1
    page.write_text(text.replace('t("What the numbers mean")', 't("What the harbour office means")'), encoding="utf-8")
    made = worked(reports("export", "weekly", "--format", "html", "-o", "-", cwd=tmp_path / "mine")).text
    assert "What the harbour office means" in made
    assert "What the numbers mean" not in made


def test_init_never_overwrites(project: Project) -> None:
    folder = project()
    before = tree(folder)
    refused(reports("init", ".", cwd=folder), 1, "config.toml is already there", hint="empty folder")
    assert tree(folder) == before


# Used wrongly.


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("export", "weekly", "--colour"), "--colour"),
        (("exprot", "weekly"), "exprot"),
        (("export",), "NAME"),
        (("export", "weekly", "--format", "docx"), "docx"),
        (("export", "weekly", "--as-of", "2025-13-01"), "2025-13-01"),
        (("export", "weekly", "--as-of", "20251005"), "20251005"),
        (("export", "weekly", "--since", "2025-10-01"), "--until"),
        (("export", "weekly", "--until", "2025-10-01"), "--since"),
        (("export", "weekly", "--since", "2025-10-02", "--until", "2025-10-01"), "before"),
        (("export", "weekly", "--since", "2025-10-01", "--until", "2025-10-02", *AS_OF), "--as-of"),
    ],
)
def test_wrong_use_exits_with_2(project: Project, arguments: tuple[str, ...], word: str) -> None:
    outcome = reports(*arguments, cwd=project())
    refused(outcome, 2, "Usage: ", word)


def test_an_unknown_report_is_near_a_known_one(project: Project) -> None:
    outcome = reports("export", "weekley", "--format", "json", "-o", "-", cwd=project())
    refused(outcome, 1, 'there is no report "weekley"', 'did you mean "weekly"?', hint="weekly, monthly")


def test_a_missing_configuration(tmp_path: Path) -> None:
    refused(reports("list", cwd=tmp_path), 1, "there is no configuration at config.toml", hint="reports init DIR")


@pytest.mark.parametrize("options", [("--as-of", "2999-01-01"), ("--since", "2025-01-01", "--until", "2999-01-01")])
def test_the_future_is_refused(project: Project, options: tuple[str, ...]) -> None:
    folder = project()
    outcome = reports("export", "weekly", *options, "--format", "json", "-o", "-", cwd=folder)
    refused(outcome, 1, "2999-01-01", "in the future", hint=str(date.today().year)[:2])  # noqa: DTZ011 - the century
    if options[0] == "--as-of":
        refused(reports("run", "weekly", *options, cwd=folder), 1, "in the future")
    assert set(tree(folder)) == {"config.toml"}


# Tokens.


def test_a_token_that_is_missing_or_wrong(database: Path, tmp_path: Path) -> None:
    wrong = "this-token-is-wrong-and-secret"
    with serving(database) as address:
        folder = write_config(tmp_path / "project", voxys(address)).parent
        command = ("export", "weekly", *AS_OF, "--format", "json", "-o", "-")
        missing = reports(*command, cwd=folder)
        mistaken = reports(*command, cwd=folder, env={"TEST_TOKEN": wrong})
        looked = reports("check", cwd=folder, env={"TEST_TOKEN": wrong})
        right = reports(*command, cwd=folder, env={"TEST_TOKEN": TOKEN})
    refused(missing, 1, "TEST_TOKEN", "empty or missing", hint="export TEST_TOKEN=")
    refused(mistaken, 1, "refused the token", "401", hint="source.token")
    assert (looked.code, "refused the token" in looked.text) == (1, True)
    assert worked(right).out.startswith(b"{")
    assert not any(secret in one.all for secret in (wrong, TOKEN) for one in (missing, mistaken, looked, right))


def test_a_source_that_is_not_there(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    folder = write_config(tmp_path, voxys(f"http://{HOST}:{port}") + "\nattempts = 1").parent
    outcome: Any = reports("run", "weekly", *AS_OF, cwd=folder, env={"TEST_TOKEN": TOKEN})
    refused(outcome, 1, f"{HOST}:{port} can't be reached", hint="source.base_url")
    assert TOKEN not in outcome.all
    assert not (folder / "outbox").exists()
