"""Every operation of the API, in the order of the documentation."""

from web.api import articles, candidates, directory, imports, reports, reviews, search

OPERATIONS = (
    *search.OPERATIONS,
    *articles.OPERATIONS,
    *reports.OPERATIONS,
    *imports.OPERATIONS,
    *candidates.OPERATIONS,
    *reviews.OPERATIONS,
    *directory.OPERATIONS,
)
