"""Answers without what identifies people and companies, for a bug report."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reports.figures import Answer

# Only what is listed here is kept: a field we don't know may hold anything, a telephone number among them.
OPENED = {"period", "by_agent", "agent", "by_stage", "lead", "assigned_agent", "company"}
NUMBERS = {
    *("id", "account_id", "funnel_id", "funnel_stage_id", "stage_id", "agent_id", "lead_id", "position"),
    *("total_created", "total_won", "total_lost", "total_value_created", "total_value_won"),
    *("average_deal_size", "conversion_rate", "created", "won", "value_won", "count", "value", "lead_value"),
    *("stages_count", "cards_count", "total_cards", "total_value", "won_cards", "won_value", "lost_cards"),
}
DAY = r"\d{4}-\d{2}-\d{2}"
MOMENT = rf"{DAY}[T ][\d:.]{{5,20}}(Z|[+-][\d:]{{4,6}})?"
TEXTS = {
    "since": DAY,
    "until": DAY,
    "created_at": MOMENT,
    "updated_at": MOMENT,
    "status": "open|won|lost|snoozed",
    "chatwoot_status": "open|resolved|pending",
    "lead_currency": "[A-Za-z]{3}",
}
FIELD = "[a-z_]{1,40}"
NUMBER = r"[+-]?\d{1,20}(\.\d{1,20})?"


def redacted(answers: Iterable[Answer]) -> tuple[Answer, ...]:
    """Return answers with ids, days, counts and values alone; anything else is replaced by what kind it was."""
    return tuple(replace(one, body=_redacted("", one.body)) for one in answers)


def _redacted(key: str, value: object) -> object:
    opened = not key or key in OPENED
    if isinstance(value, dict) and opened:
        return {name if re.fullmatch(FIELD, name) else "(name)": _redacted(name, one) for name, one in value.items()}
    if isinstance(value, list) and opened:
        return [_redacted(key, one) for one in value]
    if value is None or isinstance(value, bool) or _kept(key, value):
        return value
    return f"({_kind(value)})"


def _kept(key: str, value: object) -> bool:
    if isinstance(value, int | Decimal):
        return key in NUMBERS
    pattern = NUMBER if key in NUMBERS else TEXTS.get(key)
    return isinstance(value, str) and pattern is not None and re.fullmatch(pattern, value, re.ASCII) is not None


def _kind(value: object) -> str:
    if isinstance(value, dict):
        return "object"
    if isinstance(value, list):
        return "list"
    return "text" if isinstance(value, str) else "number"
