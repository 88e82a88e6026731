"""Bytes as text: which of the encodings people here save files in it is, and a strict decoding."""

import codecs
from collections.abc import Sequence

LOST = "\ufffd"
"""What stands for bytes that cannot be decoded."""

_MARKS: Sequence[tuple[bytes, str]] = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHINESE = ("gb18030", "big5")
_IN_USE = (("gb2312", range(0xB0, 0xD8)), ("big5", range(0xA4, 0xC7)))
"""Where the characters in daily use stand, simplified and traditional: level 1 of each set, by lead byte."""


def encoding_of(sample: bytes) -> str:
    """The encoding of a text or its beginning, "" when it cannot be told.

    The byte order mark says it; else UTF-8 where it fits but for stray bytes, which are damage and no other encoding;
    else the Chinese encoding that gives more characters in daily use, because Big5 nearly always passes as GB 18030.
    """
    for mark, encoding in _MARKS:
        if sample.startswith(mark):
            return encoding
    if _fits(sample, "utf-8"):
        return "utf-8"
    shares = {encoding: _share_in_use(loosely(sample, encoding)) for encoding in _CHINESE if _fits(sample, encoding)}
    best = max(shares, key=lambda encoding: shares[encoding], default="")
    return best if best and shares[best] > 0.5 else ""


def decoded(data: bytes) -> str:
    """The text of `data`; raises ValueError when it is in no encoding we know, or damaged."""
    encoding = encoding_of(data)
    if not encoding:
        raise ValueError("unknown encoding")
    return data.decode(encoding)


def loosely(sample: bytes, encoding: str) -> str:
    """The beginning of a text as far as it can be decoded; a character cut off at its end is left out."""
    return codecs.getincrementaldecoder(encoding)("replace").decode(sample)


def _fits(sample: bytes, encoding: str) -> bool:
    text = loosely(sample, encoding)
    lost = text.count(LOST)
    return not lost or lost * 200 <= sum(not sign.isascii() for sign in text)


def _share_in_use(text: str) -> float:
    signs = [sign for sign in text if "\u3400" <= sign <= "\u9fff" or sign > "\uffff"]
    return sum(map(_in_use, signs)) / len(signs) if signs else 1.0


def _in_use(sign: str) -> bool:
    codes = ((sign.encode(charset, "ignore"), leads) for charset, leads in _IN_USE)
    return any(len(code) == 2 and code[0] in leads for code, leads in codes)
