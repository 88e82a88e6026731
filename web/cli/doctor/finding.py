"""What `kb doctor` finds: one line, its verdict, and a cure where something is to be done."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from kb_service.errors import KBError
from web.cli import errors, language
from web.patience import Patient

_ = language.text

PATIENCE = 8.0
"""Seconds a check may take."""
GOOD, ADVICE, WRONG = "good", "advice", "wrong"
MARKS = {GOOD: "✓", ADVICE: "!", WRONG: "✗"}


@dataclass(frozen=True)
class Finding:
    """What was looked at, what was seen, and what to do about it ("" when all is well)."""

    name: str
    seen: str
    cure: str = ""
    serious: bool = True

    @property
    def verdict(self) -> str:
        return (WRONG if self.serious else ADVICE) if self.cure else GOOD


def advice(name: str, seen: str, cure: str) -> Finding:
    """Nothing is broken, and something could be better."""
    return Finding(name, seen, cure, serious=False)


def in_time(name: str, look: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """What ``look`` finds; or one finding that it took too long, or could not look."""
    try:
        yield from Patient(lambda: tuple(look()), PATIENCE)()
    except TimeoutError:
        seen = _("{seconds} 秒内没有结果").format(seconds=round(PATIENCE))
        yield Finding(name, seen, _("请检查它所在的服务器、磁盘和网络，再执行一次 kb doctor。"))
    except (KBError, OSError) as error:
        yield Finding(name, errors.sentence(error), _("请按这句话处理，再执行一次 kb doctor。"))
