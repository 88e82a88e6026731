"""The fields of a collection, declared once and told to every engine."""

import hashlib
import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class TextField:
    """Text that is analysed and searched. ``weight`` multiplies how often a term counts as found in it.

    Each line of a field of ``titles`` is a title: a question that equals or resembles one names the document.
    """

    name: str
    weight: float = 1.0
    titles: bool = False


@dataclass(frozen=True, slots=True)
class KeywordField:
    """Exact values, any number of them per document: to filter by and to count."""

    name: str


@dataclass(frozen=True, slots=True)
class NumberField:
    """One whole number per document, to sort by. Times are seconds since 1970 in UTC."""

    name: str


@dataclass(frozen=True, slots=True)
class Schema:
    """All fields of a collection."""

    texts: tuple[TextField, ...]
    keywords: tuple[KeywordField, ...] = ()
    numbers: tuple[NumberField, ...] = ()

    def fingerprint(self, analysis: str) -> str:
        """Hex digest over the fields and ``analysis`` (the analyzer's own fingerprint). Weights do not count:
        they act when hits are ordered, so that changing one needs no rebuild.
        """
        shape = {kind: [field["name"] for field in fields] for kind, fields in asdict(self).items()}
        told = json.dumps([shape, analysis], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(told.encode()).hexdigest()[:16]
