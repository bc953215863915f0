"""The sandbox does what its OpenAPI document says, as schemathesis tries to disprove."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, cast

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import negative_data_rejection, positive_data_acceptance
from schemathesis.core.parameters import ParameterLocation

from reports.sandbox.app import create_app
from reports.sandbox.deals import Deals
from reports.sandbox.groups import MOST_GROUPS
from reports.sandbox.sample import fill, sample
from reports.voxys.wire import TOKEN_HEADER
from tests.sandbox.conftest import RIYADH, TODAY, TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemathesis import BaseSchema, Case

KNOWN = {"account_id": [1], "id": [1, 2, 3]}
FEW = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


# Tests are collected by operation, so the document has to be there before any deal is: it doesn't depend on them.
APP: Any = create_app(cast("Deals", None), token=TOKEN, timezone=RIYADH, today=lambda: TODAY)


def document_of_what_is_there() -> BaseSchema:
    """Return the document with the ids that exist: any others are answered with 404, and nothing behind is met."""
    content = copy.deepcopy(APP.openapi())
    for operations in content["paths"].values():
        for parameter in operations["get"]["parameters"]:
            if parameter["in"] == "path":
                parameter["schema"]["enum"] = KNOWN[parameter["name"]]
    schema = schemathesis.openapi.from_dict(content)
    schema.app = APP
    return schema


as_it_is = schemathesis.openapi.from_asgi("/openapi.json", APP)
where_something_is = document_of_what_is_there()


@pytest.fixture(scope="module", autouse=True)
def _deals() -> Iterator[None]:
    with Deals.open(None) as deals:
        fill(deals, sample(TODAY, RIYADH))
        APP.state.sandbox = replace(APP.state.sandbox, deals=deals)
        yield


@as_it_is.parametrize()
@FEW
def test_the_document_as_it_is(case: Case[Any]) -> None:
    conforms(case)


@where_something_is.parametrize()
@FEW
def test_the_document_where_something_is(case: Case[Any]) -> None:
    conforms(case)


def conforms(case: Case[Any]) -> None:
    """Ask, and let every check of schemathesis look at the answer."""
    # Two refusals are about what parameters mean together, which no schema of single ones can say.
    excluded = [positive_data_acceptance] if means_nothing(case.query or {}) else []
    # The token goes with every request, or nothing behind it would be met: a case that is bad for its lack is not bad.
    if has_bad_headers(case):
        excluded.append(negative_data_rejection)
    case.call_and_validate(headers={TOKEN_HEADER: TOKEN}, excluded_checks=excluded)


def has_bad_headers(case: Case[Any]) -> bool:
    """Whether the case was made to break what the document says of headers."""
    found = case.meta.components.get(ParameterLocation.HEADER) if case.meta else None
    return found is not None and found.mode.is_negative


def means_nothing(query: dict[str, Any]) -> bool:
    """Whether 422 is the answer by design: an end before the beginning, or more groups than the sandbox makes."""
    since, until = day(query.get("since")), day(query.get("until"))
    last = until or TODAY
    if since is None:
        return until is not None and (until - date.min).days < 29  # the default's first day would be before year 1
    days = (last - since).days + 1
    return days < 1 or (query.get("group_by") in ("day", "week", "month") and days > MOST_GROUPS)


def day(text: Any) -> date | None:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        return None
