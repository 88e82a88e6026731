"""`kb` as people call it: in this process where that is enough, else as a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner, Result

from kb_service.bootstrap import KnowledgeBase
from web.cli import main

ROOT = Path(__file__).resolve().parents[2]
START = [sys.executable, "-c", "from web.cli import main; main(prog_name='kb')"]
OURS = ("LC_", "LANG", "KB_")


def kb(*words: str | Path, given: str | bytes = "") -> Result:
    """`kb` in this process with the settings of its environment."""
    return CliRunner().invoke(main, [str(word) for word in words], input=given)


def done(*words: str | Path, given: str | bytes = "") -> str:
    """What `kb` printed, having succeeded."""
    result = kb(*words, given=given)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


def where(base: KnowledgeBase) -> dict[str, str]:
    """The settings by which a process finds the base."""
    told = base.settings
    return {"KB_HOME": str(told.home), "KB_DATABASE": told.database, "KB_INDEX": told.index}


def started(*words: str, **environment: str) -> "subprocess.Popen[str]":
    """`kb` running as a process, in no language unless ``environment`` chooses one."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return subprocess.Popen(
        [*START, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=kept | environment,
        cwd=ROOT,
    )
