"""What the last probe found, in a small file beside the configuration."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from reports.analysis.probe import Outcome, Proof, Reading, Subject, Verdict, Why
from reports.config.model import VoxysSource
from reports.errors import ConfigError
from reports.files import why, write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from reports.config.model import Config

NAME = "probe.json"
NEEDED = {
    Why.AS_WELL: ("reading",),
    Why.INSTEAD: ("reading",),
    Why.NUMBERS: ("pipeline", "since", "until", "field", "found", "low", "high"),
    Why.SAME_DAYS: ("zone",),
    Why.OTHER_DAYS: ("zone",),
    Why.CURRENCIES: ("pipeline", "found", "expected"),
    Why.NO_CURRENCY: ("number",),
    Why.NOT_ASKED: ("number",),
}
READERS: Mapping[str, Callable[[str], object]] = {
    "reading": Reading,
    "since": date.fromisoformat,
    "until": date.fromisoformat,
}


def path_of(config: Config) -> Path:
    """Return where the file lies."""
    return config.folder / NAME


def write(config: Config, proof: Proof, currencies: Mapping[int, Iterable[str]]) -> None:
    """Write the verdicts on the configured source, with the currencies that each pipeline was compared with."""
    content = {
        "probed_on": proof.on.isoformat(),
        "source": _identity(config),
        "currencies": {str(pipeline): sorted(codes) for pipeline, codes in sorted(currencies.items())},
        "verdicts": {
            one.subject.value: {"outcome": one.outcome.value, "why": one.why.value, "values": dict(one.values)}
            for one in proof.verdicts.values()
        },
    }
    path = path_of(config)
    try:
        write_whole(path, (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode())
    except OSError as error:
        raise ConfigError(
            f"{path} can't be written: {why(error)}", hint="Reports quote it from there: make the folder writable."
        ) from error


def read(config: Config, currency: str, pipelines: Iterable[int]) -> Proof | None:
    """Return what holds for a report of some pipelines in a currency; None without a file on this very source.

    A file that can't be understood is as good as none: what nobody has verified is assumed.
    """
    try:
        content = json.loads(path_of(config).read_bytes())
        if content["source"] != _identity(config):
            return None
        proof = _proof(content)
        compared = all(currency in content["currencies"].get(str(one), ()) for one in pipelines)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError):
        return None
    found = proof.verdicts.get(Subject.CURRENCY)
    if compared or found is None:
        return proof
    unasked = replace(found, outcome=Outcome.ASSUMED, why=Why.NOT_ASKED, values={"number": "1"})
    return Proof(proof.on, {**proof.verdicts, Subject.CURRENCY: unasked})


def _identity(config: Config) -> dict[str, object]:
    """Return what the verdicts are about: another account may count otherwise, and another zone has other days."""
    source = config.source
    if not isinstance(source, VoxysSource):
        return {"kind": source.kind}
    return {"base_url": source.base_url, "account_id": source.account_id, "timezone": config.account.timezone}


def _proof(content: Any) -> Proof:  # noqa: ANN401 - JSON holds anything; whatever doesn't fit raises
    verdicts = {Subject(name): _verdict(Subject(name), one) for name, one in content["verdicts"].items()}
    return Proof(date.fromisoformat(content["probed_on"]), verdicts)


def _verdict(subject: Subject, content: Any) -> Verdict:  # noqa: ANN401 - as above
    why, values = Why(content["why"]), {str(key): str(value) for key, value in content["values"].items()}
    for name in NEEDED.get(why, ()):
        READERS.get(name, str)(values[name])
    if why is Why.NUMBERS and not all(Decimal(values[name]).is_finite() for name in ("found", "low", "high")):
        raise ValueError(values)
    return Verdict(subject, Outcome(content["outcome"]), why, values)
