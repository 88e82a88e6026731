"""What the benchmarks read of processes is what the system says of them."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.processes import processor

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="there is no /proc")
TICKS = 0.05
"""Seconds, several of the ticks in which the system counts."""


def test_the_processor_a_process_took_is_what_it_says_itself() -> None:
    before = time.process_time()
    told = processor([os.getpid()])
    assert before - TICKS <= told <= time.process_time() + TICKS
    assert processor([os.getpid()] * 2) >= 2 * told


def test_a_process_of_any_name_is_read(tmp_path: Path) -> None:
    sleeps = tmp_path / "a) 1 (b 2"
    sleeps.symlink_to(shutil.which("sleep") or "")
    with subprocess.Popen([sleeps, "600"]) as process:
        assert processor([process.pid]) < 60
        process.kill()
