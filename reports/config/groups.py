"""Names for several recipients, which config.toml may write wherever addresses stand."""

from __future__ import annotations

from typing import Any

RECIPIENTS = ("to", "cc", "bcc", "owner")


def with_groups(content: Any) -> Any:  # noqa: ANN401 - what a TOML file may hold
    """Return a configuration's content with the members of groups in the place of their names.

    Whoever is in several groups that one list names is listed once. Unknown names stay, and are refused as addresses.
    """
    if not isinstance(content, dict) or not isinstance(content.get("groups"), dict):
        return content
    groups = {name: found for name, found in content["groups"].items() if isinstance(found, list)}
    account, reports = content.get("account"), content.get("reports")
    found = {**content}
    if isinstance(account, dict):
        found["account"] = _lists(account, groups)
    if isinstance(reports, dict):
        found["reports"] = {name: _report(one, groups) for name, one in reports.items()}
    return found


def _report(report: Any, groups: dict[str, list[Any]]) -> Any:  # noqa: ANN401 - may be of any type
    if not isinstance(report, dict):
        return report
    found = _lists(report, groups)
    if isinstance(views := found.get("views"), list):
        found["views"] = [_lists(one, groups) if isinstance(one, dict) else one for one in views]
    if isinstance(pipelines := found.get("pipeline_to"), dict):
        found["pipeline_to"] = {number: _members(listed, groups) for number, listed in pipelines.items()}
    return found


def _lists(table: dict[str, Any], groups: dict[str, list[Any]]) -> dict[str, Any]:
    return {key: _members(value, groups) if key in RECIPIENTS else value for key, value in table.items()}


def _members(listed: Any, groups: dict[str, list[Any]]) -> Any:  # noqa: ANN401 - may be of any type
    """Return a list with groups resolved; what the list itself names twice stays twice, and is refused."""
    if not isinstance(listed, list):
        return listed
    found: list[Any] = [one for one in listed if not _names(one, groups)]
    for name in (one for one in listed if _names(one, groups)):
        found += [one for one in groups[name] if one not in found]
    return found


def _names(one: Any, groups: dict[str, list[Any]]) -> bool:  # noqa: ANN401 - may be of any type
    return isinstance(one, str) and one in groups
