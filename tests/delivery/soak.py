"""Kills a running house at random moments, again and again, then lets it finish and holds it to the laws of delivery.

    python tests/delivery/soak.py [KILLS] [SEED]

`reports start` works off reports of different periods while all its processes are killed at once. Each time it is
started again, and there is always something left to do. In the end the mail server's record is held against the
ledger: nobody got a period twice, everybody got it or is shown as unknown, and the owner knows of that.
"""

from __future__ import annotations

import random
import secrets
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.delivery.house import (
    ENDS,
    TIMEOUT,
    TO,
    House,
    PostOffice,
    broken_laws,
    make_deals,
    post_office,
    report,
    said,
)

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from tests.delivery.house import Book

KILLS = 200
LEFT = 4  # reports that have something to do, at least, whenever the house is started
LINES = 20  # of its log, at most, before it is killed; sooner where nothing is left to do
QUIET = 5.0  # seconds after which time passes, so that attempts that wait become due
DELAYS = (0.0, 0.02, 0.3, 1.5)  # seconds after that line, at most: most steps are short, a few are long
FINISH = 600.0  # seconds for the end, without any kill


@dataclass(frozen=True)
class Found:
    """What a soak found: what contradicts the laws, what became of the deliveries, and after what the kills came."""

    broken: list[str]
    deliveries: Counter[str]
    slots: Counter[str]
    struck: Counter[str]


class Soak:
    """One house and its mail server, to be killed."""

    def __init__(self, house: House, office: PostOffice, chance: random.Random) -> None:
        self._house = house
        self._office = office
        self._chance = chance
        self._reports = 0
        self._struck: Counter[str] = Counter()

    def run(self, kills: int, say: Callable[[str], None]) -> Found:
        """Kill it so many times, then let it finish."""
        for number in range(kills):
            self._provide()
            process = self._house.begin("start")
            self._struck[self._strike(process)] += 1
            if (number + 1) % 10 == 0:
                say(f"{number + 1} kills, {len(self._office.accepted)} messages")
        return self._finish()

    def _provide(self) -> None:
        """See that there is something to do: time passes, and reports are added, each for a span of its own."""
        book = self._house.book()
        self._house.pass_time()
        missing = LEFT - sum(one.state not in ENDS for one in book.slots)
        fresh = range(self._reports + 1, self._reports + max(missing, 0) + 1)
        self._reports += len(fresh)
        names = {f"r{one}": f"last_{one % 60 + 1}_days" for one in range(1, self._reports + 1)}
        self._house.configure(*(report(name, period=period) for name, period in names.items()))
        if fresh:
            self._house.make_due(*(f"r{one}" for one in fresh))

    def _strike(self, process: subprocess.Popen[bytes]) -> str:
        """Kill it some time after a line of its log, so that a slow machine gets as far; returns the last event."""
        lines = self._chance.randint(1, LINES)
        delay = self._chance.uniform(0, self._chance.choice(DELAYS))
        try:
            self._watch(process, lines)
            time.sleep(delay)
        finally:
            if process.poll() is None:
                self._house.kill(process)
        return said(process, 0).events[-1]

    def _watch(self, process: subprocess.Popen[bytes], lines: int) -> None:
        """Wait until it has logged so many lines, or has nothing left to do."""
        end = time.monotonic() + TIMEOUT
        quiet = time.monotonic() + QUIET
        while len(said(process, 0).events) < lines:
            assert process.poll() is None, said(process, 0).err
            assert time.monotonic() < end, f"it does nothing: {said(process, 0).err}"
            if time.monotonic() > quiet:
                if not self._busy(self._house.book()):
                    return
                self._house.pass_time()
                quiet += QUIET
            time.sleep(0.002)

    def _finish(self) -> Found:
        """Let it work without being disturbed, until nothing is left to do."""
        process = self._house.begin("start")
        end = time.monotonic() + FINISH
        while self._busy(self._house.book()):
            assert time.monotonic() < end, f"it doesn't end: {said(process, 0).err[-2000:]}"
            self._house.pass_time()
            time.sleep(1)
        process.terminate()
        done = self._house.finish(process)
        assert done.code == 0, done.err
        book = self._house.book()
        broken = broken_laws(self._house, self._office) + self._unserved(book)
        return Found(broken, _counted(book.deliveries), _counted(book.slots), self._struck)

    def _unserved(self, book: Book) -> list[str]:
        """Return whoever neither got something nor may have it: kills are no reason for that."""
        served = Counter(one.edition.partition(":")[0] for one in book.deliveries if one.state in {"sent", "unknown"})
        names = [f"r{one}" for one in range(1, self._reports + 1)]
        return [f"{name} went to {served[name]} of {len(TO)}" for name in names if served[name] != len(TO)]

    def _busy(self, book: Book) -> bool:
        return len(book.slots) < self._reports or any(one.state not in ENDS for one in book.slots) or book.notices_open


def _counted(rows: object) -> Counter[str]:
    return Counter(str(one.state) for one in rows)  # type: ignore[attr-defined]


def soak(folder: Path, kills: int, seed: int, say: Callable[[str], None] = print) -> Found:
    """Kill a house in a new folder so many times."""
    say(f"seed {seed}, {kills} kills")
    deals = make_deals(folder / "deals.sqlite")
    with post_office() as (office, port):
        found = Soak(House(folder, port, deals), office, random.Random(seed)).run(kills, say)  # noqa: S311 - no secret
    say(f"deliveries: {dict(found.deliveries)}; slots: {dict(found.slots)}")
    say(f"killed after: {dict(found.struck.most_common())}")
    return found


def main() -> int:
    """Run a soak from the command line; the seed is a new one unless it is given."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else KILLS
    seed = int(sys.argv[2]) if len(sys.argv) > 2 and sys.argv[2] else secrets.randbelow(1_000_000)
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        found = soak(Path(folder), kills, seed)
    for line in found.broken:
        print(f"BROKEN: {line}")
    return 1 if found.broken else 0


if __name__ == "__main__":
    sys.exit(main())
