"""Erases a person from archive and ledger: as the owner of deals, as a recipient, and as an owner of reports."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from reports.archive import Archive, Draft, raw_json
from reports.config.values import parse_address
from reports.desk import open_desks
from reports.edition import examine, from_archive, letters_of, print_all, record_files, trials
from reports.errors import ConfigError
from reports.inputs import CONFIG, EARLIER, FOLDER, read_job
from reports.ledger.forgetting import NOBODY, Erased, erase
from reports.ledger.opening import ledger_if_any
from reports.versions import versions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from reports.archive import Revision
    from reports.config.model import Config


@dataclass(frozen=True)
class Forgotten:
    """What was done to one revision: whether its page was made anew, and files whose free text names the address."""

    edition: str
    made_anew: bool
    left_in: tuple[str, ...] = ()


def forget(config: Config, address: str, now: datetime) -> tuple[Erased, Iterator[Forgotten]]:
    """Erase whoever has an address: from the ledger at once, then each revision that knew them as it is asked for."""
    try:
        wanted = parse_address(address).addr_spec.casefold()
    except ValueError as error:
        raise ConfigError(f"{address!r} is not one e-mail address", hint="It looks like name@example.com.") from error
    erased = _erased_from_ledger(config, wanted, now)
    trials(config).clear()  # tests are for nobody's memory
    return erased, _forgotten(Archive(config.path(config.archive.folder)), wanted, erased)


def _erased_from_ledger(config: Config, wanted: str, now: datetime) -> Erased:
    with ledger_if_any(config) as ledger:
        if ledger is None:
            return Erased()
        with ledger.write() as tx:
            return erase(tx, wanted, now)


def _forgotten(archive: Archive, wanted: str, erased: Erased) -> Iterator[Forgotten]:
    """Yield each revision that knew the person when it is done, then those that only the ledger has any more."""
    archive.recover()
    there = archive.all()
    for revision in there:
        anew, name = _make_anew(archive, revision, wanted), str(revision.edition)
        if anew or name in erased.editions:
            yield Forgotten(name, anew, tuple(_left(revision, wanted)))
    for name in sorted(erased.editions - {str(one.edition) for one in there}):
        yield Forgotten(name, made_anew=False)


def named_in(config: Config, address: str) -> list[str]:
    """Return the places of the configuration that still name an address; it is a person's to change them."""
    wanted = parse_address(address).addr_spec.casefold()
    return list(dict.fromkeys(place for place, mailbox in config.addresses() if _is(mailbox, wanted)))


def _make_anew(archive: Archive, revision: Revision, wanted: str) -> bool:
    """Render a revision from its inputs without the person; the new folder takes the old one's place at once."""
    files = {name: revision.read(name) for name in revision.intact().manifest.files}
    inputs = {name: content for name, content in files.items() if name.startswith(f"{FOLDER}/")}
    inputs["snapshot.json"] = files["snapshot.json"]
    erased = {name: _erased(name, content, wanted) for name, content in inputs.items()}
    if erased == inputs:
        return False
    draft = archive.replacement(revision, erased)
    try:
        _finish(archive, draft, erased)
    except BaseException:
        draft.abandon()
        raise
    return True


def _finish(archive: Archive, draft: Draft, erased: Mapping[str, bytes]) -> None:
    job = read_job(draft.partial)
    desks = open_desks(job)
    earlier = erased[f"{FOLDER}/{EARLIER}"]
    snapshot = asyncio.run(from_archive(job, erased["snapshot.json"]))
    printed = print_all(job, desks, draft.edition, snapshot, examine(job, snapshot, earlier))
    made = record_files(printed, letters_of(job, printed))
    archive.replace(draft, {**erased, **made}, versions(desks[0].templates))


def _erased(name: str, content: bytes, wanted: str) -> bytes:
    """Return a file without the person; what doesn't know them stays byte for byte."""
    if name not in {"snapshot.json", f"{FOLDER}/{CONFIG}"}:
        return content
    found = json.loads(content, parse_float=Decimal)
    changed = _without(found, wanted)
    return content if changed == found else raw_json(changed, indent=1)


def _without(value: Any, wanted: str) -> Any:  # noqa: ANN401 - any JSON
    """Return JSON in which whoever has the address has no name, address or picture any more."""
    if isinstance(value, list):
        changed = [_without(one, wanted) for one in value]
        twice = changed.count(NOBODY) > 1  # a second recipient is erased: nobody is listed twice
        return [one for place, one in enumerate(changed) if not (twice and one == NOBODY and NOBODY in changed[:place])]
    if isinstance(value, str):
        return NOBODY if _is(value, wanted) else value
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("email"), str) and _is(value["email"], wanted):
        return {"id": value.get("id"), "name": f"Erased person {value.get('id')}", "email": None, "avatar_url": None}
    return {key: _without(one, wanted) for key, one in value.items()}


def _is(text: str, wanted: str) -> bool:
    """Whether a text is the address, with or without a name before it."""
    if wanted not in text.casefold():
        return False
    try:
        return parse_address(text).addr_spec.casefold() == wanted
    except ValueError:
        return False


def _left(revision: Revision, wanted: str) -> Iterator[str]:
    """Return the files in which the address still stands, in texts that people wrote."""
    for name in revision.manifest.files:
        if wanted.encode() in revision.read(name).lower():
            yield name
