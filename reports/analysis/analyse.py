"""From a snapshot to everything the edition says."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reports.analysis.checks import check
from reports.analysis.headline import headline
from reports.analysis.holidays import calendar_notes
from reports.analysis.sections import overall_section, pipeline_section
from reports.analysis.targets import targets
from reports.findings import Analysis

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from reports.figures import Figure, Snapshot
    from reports.periods import Plan


def analyse(plan: Plan, snapshot: Snapshot, goals: Mapping[Figure, Decimal] | None = None) -> Analysis:
    """Compare the periods of a plan for each pipeline and for all together; the goals are for all together."""
    overall = overall_section(plan, snapshot.pipelines)
    overall = replace(overall, targets=targets(goals or {}, overall.current))
    sections = tuple(pipeline_section(plan, fetched) for fetched in snapshot.pipelines)
    return Analysis(plan, headline(overall), overall, sections, check(plan, snapshot), calendar=calendar_notes(plan))
