"""What was reported otherwise before, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reports.findings import Restatement
    from reports.present.sentences import Sentences

MOST = 4  # lines; the rest is in the data


def restatement_lines(
    sentences: Sentences, found: Sequence[Restatement], names: Mapping[int | None, str]
) -> tuple[str, ...]:
    """Return a sentence for each restated sum: of all together where they are, else of single pipelines."""
    together = [one for one in found if one.pipeline is None]
    shown = together or list(found)
    lines = [_line(sentences, one, names.get(one.pipeline, "")) for one in shown[:MOST]]
    if (left := len(found) - len(lines)) and lines:
        number = sentences.formats.count(left)
        lines.append(
            sentences.language.plural(
                "{number} more restated figure is in the data.",
                "{number} more restated figures are in the data.",
                left,
                number=number,
            )
        )
    return tuple(lines)


def _line(sentences: Sentences, one: Restatement, name: str) -> str:
    formats = sentences.formats
    figure = sentences.label(one.figure)
    return sentences.language.text(
        "{figure}, {period}: reported as {reported} on {day}, now {now}.",
        figure=sentences.language.listed((formats.isolate(name), figure)) if name else figure,
        period=formats.isolate(formats.span(sentences.plan.kind, one.period)),
        reported=formats.isolate(formats.value(one.figure, one.reported, unit=False)),
        day=formats.isolate(formats.day(one.reported_on)),
        now=formats.isolate(formats.value(one.figure, one.now, unit=False)),
    )
