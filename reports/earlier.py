"""Finds what earlier editions of a report said, and reads it from their JSON."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from reports.archive import Archive, raw_json
from reports.errors import LedgerError
from reports.figures import Figures, StageFigures
from reports.findings import Earlier, OpenDeals, OpenStage, Reported
from reports.periods import Period

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from reports.archive import Revision
    from reports.job import Job


def find_earlier(job: Job, last: tuple[str, datetime] | None) -> bytes:
    """Return, as JSON, what the last delivered edition and the one of the period before say of the same cut.

    `last` is the id of the one that was delivered last, and when; one that isn't in the archive any more says nothing.
    """
    with _understood():
        return raw_json(_found(job, last), indent=1)


def _found(job: Job, last: tuple[str, datetime] | None) -> dict[str, object]:
    archive = Archive(job.config.path(job.config.archive.folder))
    zone = job.config.account.zone
    content: dict[str, object] = {"delivered": None, "before": None}
    if last is not None and (revision := archive.at(last[0])) is not None:
        moment = last[1]
        content["delivered"] = {"on": moment.astimezone(zone).date().isoformat(), **_quoted(revision)}
    kept = [one for one in archive.of(job.name, job.cut.name) if one.edition.period == job.plan.previous]
    in_time = [one for one in kept if _fetched_on(one) <= job.plan.current.until]
    if in_time:
        content["before"] = {"on": _fetched_on(in_time[-1]).isoformat(), **_quoted(in_time[-1])}
    return content


def read_earlier(content: bytes) -> Earlier:
    """Return what was said before."""
    with _understood():
        found = json.loads(content, parse_float=Decimal)
        return Earlier(*(_reported(found[name]) if found[name] else None for name in ("delivered", "before")))


@contextmanager
def _understood() -> Iterator[None]:
    try:
        yield
    except (ValueError, KeyError, TypeError) as error:
        raise LedgerError(
            "what an earlier edition said can't be understood",
            hint="Its edition.json was kept by another version, or changed since: `reports show` tells.",
        ) from error


def _quoted(revision: Revision) -> dict[str, object]:
    """Return the parts of an edition that are compared."""
    document = json.loads(revision.read("edition.json"))
    sections = [{"id": None, **document["overall"]}, *document["pipelines"]]
    return {
        "edition": document["edition"],
        "currency": document["currency"],
        "sections": [{name: one.get(name) for name in ("id", "trend", "by_stage", "open")} for one in sections],
    }


def _fetched_on(revision: Revision) -> date:
    """Return the day, in the account's zone, on which an edition asked."""
    return revision.fetched_at.date()


def _reported(found: dict[str, Any]) -> Reported:
    sections = found["sections"]
    return Reported(
        on=date.fromisoformat(found["on"]),
        currency=found["currency"],
        periods={one["id"]: dict(map(_point, one["trend"])) for one in sections},
        stages={one["id"]: tuple(_stages(one["by_stage"])) for one in sections},
        open={one["id"]: _open(one["open"]) for one in sections if one["open"]},
    )


def _open(found: dict[str, Any]) -> OpenDeals:
    """Read the open deals without the largest, which aren't compared."""
    return OpenDeals(
        stages=tuple(
            OpenStage(one["stage_id"], one["stage_name"], one["count"], _amount(one["value"]), one["without_value"])
            for one in found["stages"]
        ),
        count=found["count"],
        value=_amount(found["value"]),
        without_value=found["without_value"],
        snoozed=found["snoozed"],
        largest=(),
        mixed=found["mixed_currencies"],
    )


def _amount(value: int | Decimal | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def _point(point: dict[str, Any]) -> tuple[Period, Figures | None]:
    period = Period(date.fromisoformat(point["since"]), date.fromisoformat(point["until"]))
    if point["total_created"] is None:
        return period, None
    return period, Figures(
        created=point["total_created"],
        won=point["total_won"],
        lost=point["total_lost"],
        value_created=_amount(point["total_value_created"]),
        value_won=Decimal(point["total_value_won"]),
    )


def _stages(rows: Iterable[dict[str, Any]]) -> Iterable[StageFigures]:
    for row in rows:
        yield StageFigures(
            row["stage_id"], row["stage_name"], row["current"]["count"], Decimal(row["current"]["value"])
        )
