"""What can go wrong in the search library, as exceptions with one common root."""


class IndexerError(Exception):
    """Root of every error this package raises on purpose."""


class EngineUnavailable(IndexerError):
    """The engine cannot be reached or its index cannot be opened; trying again later may help."""


class IndexMissing(EngineUnavailable):
    """There is no complete generation yet: a rebuild makes one."""


class IndexDamaged(EngineUnavailable):
    """The files of the index cannot be read: a rebuild makes sound ones."""


class SchemaMismatch(IndexerError):
    """The index was built for another schema, analyzer or dictionary: a rebuild makes a matching one."""


class BadQuery(IndexerError):
    """A caller asked for a field, sort or window the schema does not have. Never raised for what a person typed."""
