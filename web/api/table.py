"""Every operation of the API, in the order of the documentation."""

from web.api import (
    articles,
    candidates,
    directory,
    evaluation,
    imports,
    lexicon,
    related,
    reports,
    reviews,
    search,
    why,
)

OPERATIONS = (
    *search.OPERATIONS,
    *why.OPERATIONS,
    *articles.OPERATIONS,
    *related.OPERATIONS,
    *reports.OPERATIONS,
    *imports.OPERATIONS,
    *candidates.OPERATIONS,
    *reviews.OPERATIONS,
    *evaluation.OPERATIONS,
    *lexicon.OPERATIONS,
    *directory.OPERATIONS,
)
