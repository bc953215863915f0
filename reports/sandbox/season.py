"""The seasons of the made-up business: what makes a day busier than another."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from random import Random

from reports.sandbox.business import SEED

HIJRI_EPOCH = 227015  # the ordinal of 16 July 622
HIJRI_YEAR = 354.36667
RAMADAN = (235, 265)  # days into a Hijri year: within a day of the real dates, near enough for made-up deals
EID = (265, 270)
WEEKDAYS = (1.2, 1.2, 1.1, 0.95, 0.18, 0.22, 1.15)  # Monday first; the weekend is Friday and Saturday


@lru_cache(4096)
def _mood_of_week(pipeline_id: int, week: int) -> float:
    rng = Random(f"{SEED}:week:{week}:{pipeline_id}")  # noqa: S311  # not a secret
    return rng.lognormvariate(0, 0.07)


def mood(pipeline_id: int, day: date) -> float:
    """Draw what makes a whole week busier or quieter than the next."""
    return _mood_of_week(pipeline_id, (day.toordinal() - 1) // 7)


@lru_cache(4096)
def season(day: date) -> float:
    """Tell how busy the time of the year is."""
    factor = 0.82 if in_ramadan(day) else 0.5 if EID[0] <= _hijri(day) < EID[1] else 1.0
    if (7, 10) <= (day.month, day.day) <= (8, 25):
        factor *= 0.86
    if quarter_start(day + timedelta(days=14)) > day:
        factor *= 1.08
    # Growth ends somewhere, so that the sample has a sensible size in any year.
    return factor * min(max(1 + 0.06 * (day.year + day.month / 12 - 2026), 0.85), 1.2)


def _hijri(day: date) -> float:
    return (day.toordinal() - HIJRI_EPOCH) % HIJRI_YEAR


@lru_cache(4096)
def in_ramadan(day: date) -> bool:
    """Tell whether it is Ramadan, or within a day of it."""
    return RAMADAN[0] <= _hijri(day) < RAMADAN[1]


@lru_cache(4096)
def quarter_start(day: date) -> date:
    """Find the first day of a quarter."""
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
