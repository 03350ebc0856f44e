"""How tests start our programs: out of one loaded process, which ends with the suite's own. What is asked of
a start itself, such as what it takes, is asked of one anew.
"""

from typing import Final

from scripts.town.nursery import Nursery

_NURSERY: Final = Nursery()
warm: Final = _NURSERY.start


def pytest_sessionfinish() -> None:
    _NURSERY.close()
