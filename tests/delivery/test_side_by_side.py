"""Several passes at once over one ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.delivery.house import TO, broken_laws, report, told

if TYPE_CHECKING:
    from tests.delivery.house import House, PostOffice


@pytest.mark.parametrize("times", [1, pytest.param(10, marks=pytest.mark.slow)])
def test_two_passes_at_once_take_each_slot_once(times: int, house: House, office: PostOffice) -> None:
    names = ("weekly", "daily")
    for number in range(1, times + 1):
        house.configure(*(report(f"weekly{one}") + report(f"daily{one}", period="day") for one in range(1, number + 1)))
        house.make_due(*(f"{name}{number}" for name in names))
        both = [house.begin("run-due"), house.begin("run-due")]
        done = [house.finish(one) for one in both]
        assert [one.code for one in done] == [0, 0], done
        claimed = [event for one in done for event in one.events if event == "slot.claimed"]
        assert len(claimed) == len(names)
        assert len(office.accepted) == len(names) * len(TO) * number
    assert {one.state for one in house.book().slots} == {"sent"}
    assert {one.revision for one in house.book().editions} == {1}
    assert told(office) == []
    assert broken_laws(house, office) == []
