"""Everything an edition was made from beside its snapshot, as the files of a small project of its own."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from reports import probe_file
from reports.archive import raw_json
from reports.config.model import Config
from reports.config.note import DEFAULT_NOTE as NOTE
from reports.errors import LedgerError
from reports.figures import WHOLE, Cut
from reports.job import plan_job
from reports.present.templates import Templates

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from reports.job import Job

FOLDER = "inputs"
CONFIG = "config.json"
EARLIER = "earlier.json"  # what was said before, as far as this edition quotes it
# Where editions are kept, when they are made and who is told: these change no page, and addresses stand there.
_NO_PAGE: dict[str, bool | set[str]] = {
    "archive": True,
    "ledger": True,
    "runner": True,
    "groups": True,
    "recipients": True,
    "web": True,
    "reports": True,
    "account": {"holidays", "owner"},
}
_NO_PAGE_OF_REPORT = {
    *("schedule", "owner", "catch_up", "retry_for", "approve", "approve_within", "only_if", "at_least_every"),
    *("cc", "bcc", "together", "reply_to", "views", "pipeline_to"),
}
TEXTS = {".html", ".css", ".txt", ".toml", ".po"}  # templates, themes and catalogues; fonts are known by their digests


def input_files(job: Job, earlier: bytes, look: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files, below `inputs/`; where secrets are kept is in no file, secrets themselves never were.

    The `look` are the files of the theme, by their paths below a project.
    """
    files = {CONFIG: _config(job), EARLIER: earlier}
    if job.note is not None:
        files[NOTE] = job.note.encode()
    proof = probe_file.path_of(job.config)
    if proof.is_file():
        files[proof.name] = proof.read_bytes()
    files |= look
    files |= {f"templates/{name}": path.read_bytes() for name, path in _templates(job.config.folder).items()}
    return {f"{FOLDER}/{name}": content for name, content in files.items()}


def read_job(folder: Path) -> Job:
    """Return what was to be made, from a revision's folder."""
    inputs = folder / FOLDER
    try:
        content = json.loads((inputs / CONFIG).read_bytes())
        config = Config.model_validate_json(json.dumps(content["config"])).in_folder(inputs)
        as_of = date.fromisoformat(content["as_of"])
    except (OSError, ValueError, KeyError, ValidationError) as error:
        raise LedgerError(
            f"{inputs / CONFIG} can't be understood", hint="The revision was kept by another version, or changed since."
        ) from error
    job = plan_job(config, content["report"], as_of, as_of=as_of)
    return replace(job, cut=_read_cut(content.get("cut")), also=tuple(content.get("also", ())))


def _read_cut(found: Mapping[str, Any] | None) -> Cut:
    """Return the cut of an edition; those that were kept before there were cuts show the whole."""
    if found is None:
        return WHOLE
    pipelines, agents = (None if found[one] is None else frozenset(found[one]) for one in ("pipelines", "agents"))
    return Cut(found["name"], pipelines, agents)


def _config(job: Job) -> bytes:
    """Return the configuration of this one report, without what changes no page."""
    whole = job.config.model_dump(by_alias=True, exclude_unset=True, exclude=_NO_PAGE)
    personal = {"to"} if job.report.cuts == "agent" else set()
    report = job.report.model_dump(by_alias=True, exclude_unset=True, exclude=_NO_PAGE_OF_REPORT | personal)
    whole["reports"] = {job.name: report}
    whole["email"] = {"kind": "outbox", "from": job.config.email.sender}
    if answers := job.config.reply_to(job.report):
        whole["email"]["reply_to"] = answers
    if "token" in whole["source"]:
        whole["source"]["token"] = {"env": "NONE"}
    content: dict[str, object] = {"report": job.name, "as_of": job.as_of.isoformat(), "cut": _cut(job.cut)}
    if job.also:
        content["also"] = list(job.also)
    content["config"] = whole
    return raw_json(content, indent=1)


def _cut(cut: Cut) -> dict[str, object]:
    pipelines, agents = (None if one is None else sorted(one) for one in (cut.pipelines, cut.agents))
    return {"name": cut.name, "pipelines": pipelines, "agents": agents}


def _templates(folder: Path) -> Mapping[str, Path]:
    """Return every text among the templates by its name, the first found of each."""
    found: dict[str, Path] = {}
    for root in Templates.of_project(folder).folders:
        for path in sorted(root.rglob("*")):
            if path.suffix in TEXTS and path.is_file() and "fonts" not in path.parts:
                found.setdefault(path.relative_to(root).as_posix(), path)
    return found
