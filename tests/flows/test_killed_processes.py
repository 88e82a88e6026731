"""The story of a bad day: processes are killed in the middle of their work, and nothing anybody was told is lost."""

import random
import sys
from pathlib import Path

import pytest

from benchmarks import kill, victims


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_nothing_acknowledged_is_lost_when_processes_are_killed(tmp_path: Path) -> None:
    """`python -m benchmarks.kill` does the same for longer."""
    moments = dict.fromkeys((work.name for work in victims.WORKS), 0.5)
    with victims.site(tmp_path, rows=600) as here:
        found = list(kill.kills(here, 5, random.Random(1), moments))
        assert [one for one in found if one.problems] == [], here.log()
    assert len(found) == 5
