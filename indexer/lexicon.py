"""The words people add to the language of a collection, as frozen values; they are read and kept elsewhere."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Synonyms:
    """Whoever asks with one of ``typed`` also finds what says one of ``meant``. A two-way set has the same in both."""

    typed: tuple[str, ...]
    meant: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What is added to the built-in dictionaries.

    ``words`` keep a segmenter from cutting them, in documents as indexed from now on and in questions; ``stop_words``
    weigh nothing in a question unless it has nothing else; ``synonyms`` widen a question.
    """

    words: tuple[str, ...] = ()
    stop_words: tuple[str, ...] = ()
    synonyms: tuple[Synonyms, ...] = ()
