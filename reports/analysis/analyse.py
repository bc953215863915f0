"""From a snapshot to everything the edition says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.analysis.checks import check
from reports.analysis.headline import headline
from reports.analysis.sections import overall_section, pipeline_section
from reports.figures import Analysis, Snapshot

if TYPE_CHECKING:
    from reports.periods import Plan


def analyse(plan: Plan, snapshot: Snapshot) -> Analysis:
    """Compare the periods of a plan for each pipeline and for all together."""
    overall = overall_section(plan, snapshot.pipelines)
    sections = tuple(pipeline_section(plan, fetched) for fetched in snapshot.pipelines)
    return Analysis(plan, headline(overall), overall, sections, check(plan, snapshot))
