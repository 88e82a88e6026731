"""Passwords: the rule for new ones, argon2id hashes, and a check that takes as long for nobody as for somebody."""

import unicodedata
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from kb_service.errors import Invalid

if TYPE_CHECKING:
    from argon2 import Parameters, PasswordHasher

COSTS: "Parameters | None" = None
"""What a hash costs; None is the recommendation of the argon2 library."""

SHORTEST, LONGEST = 8, 128
_FEWEST_DIFFERENT = 4
_COMMON = Path(__file__).with_name("common_passwords.txt")


def demand(password: str, username: str) -> None:
    """Raises Invalid with the sentence of the first rule that `password` breaks, under the field `new`."""
    folded = _normal(password).casefold()
    rules = (
        (len(password) < SHORTEST, f"密码太短：至少 {SHORTEST} 个字符，可以是一句话，可以用汉字。"),
        (len(password) > LONGEST, f"密码太长：最多 {LONGEST} 个字符。"),
        (folded == username.casefold(), "密码不能与用户名相同。"),
        (len(set(folded)) < _FEWEST_DIFFERENT or _is_run(folded), "密码太简单：不要用重复或连续的字符。"),
        (folded in _common(), "这个密码太常见，很容易被猜到，请换一个。"),
    )
    sentence = next((sentence for broken, sentence in rules if broken), "")
    if sentence:
        raise Invalid(sentence, problems={"new": sentence})


def digest(password: str) -> str:
    """The argon2id hash of `password` in the PHC string format, with a salt of its own."""
    return _hasher().hash(_bytes(password))


def matches(stored: str | None, password: str) -> bool:
    """Whether `password` belongs to the hash; without one it is False after the same time."""
    from argon2.exceptions import InvalidHashError, VerificationError

    given = _bytes(password[: LONGEST + 1])
    if stored is None:
        _hasher().hash(given)
        return False
    try:
        return _hasher().verify(stored, given)
    except (InvalidHashError, VerificationError):
        return False


def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher

    return PasswordHasher.from_parameters(COSTS) if COSTS else PasswordHasher()


@cache
def _common() -> frozenset[str]:
    return frozenset(_COMMON.read_text("utf-8").split())


def _is_run(text: str) -> bool:
    """Whether every character follows the one before it, upwards or downwards: 12345678, 87654321."""
    steps = {ord(after) - ord(before) for before, after in pairwise(text)}
    return steps in ({1}, {-1})


def _normal(password: str) -> str:
    """Full-width and half-width forms are one password: which of them comes out depends on the input method."""
    return unicodedata.normalize("NFKC", password)


def _bytes(password: str) -> bytes:
    return _normal(password).encode("utf-8", "surrogatepass")
