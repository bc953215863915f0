"""Answers of the API as its reference shows them."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

from reports.periods import Period

WEEK = Period(date(2026, 11, 15), date(2026, 11, 21))
ANALYTICS = {
    "period": {"since": "2026-11-15", "until": "2026-11-21"},
    "total_created": 30,
    "total_won": 10,
    "total_lost": 4,
    "total_value_created": 150000,
    "total_value_won": 60000,
    "average_deal_size": 6000,
    "conversion_rate": 33.3,
    "by_agent": [
        {
            "agent": {"id": 7, "name": "نورة القحطاني", "email": "noura@example.com", "avatar_url": None},
            "created": 12,
            "won": 6,
            "value_won": 40000.5,
        }
    ],
    "by_stage": [{"stage_id": 11, "stage_name": "New", "count": 20, "value": 100000}],
}
PIPELINE = {
    "id": 3,
    "name": "New business",
    "description": "First deals",
    "created_at": "2026-01-01T22:30:00.000Z",
    "stages_count": 4,
}
STAGES = [{"id": 12, "position": 2, "name": "Won"}, {"id": 11, "position": 1, "name": "New"}]


def analytics(**changes: Any) -> dict[str, Any]:
    """Return the reference's answer with other top-level fields."""
    return copy.deepcopy(ANALYTICS) | changes


def changed(path: str, value: Any, body: Any = None) -> Any:
    """Return an answer with another value at a dotted path; an Ellipsis takes the field away."""
    body = analytics() if body is None else copy.deepcopy(body)
    *above, last = [int(key) if key.isdigit() else key for key in path.split(".")]
    place: Any = body
    for key in above:
        place = place[key]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return body
