"""A table that grows with the collection, in a temporary file instead of in memory; it is gone when it is left."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from indexer.errors import IndexerError


@contextmanager
def spilled(columns: str) -> Iterator[sqlite3.Connection]:
    """An empty table ``document`` with these columns, for one thread at a time; SQLite keeps 2 MB of it in memory.

    Raises IndexerError where the file cannot be written.
    """
    try:
        with closing(sqlite3.connect("", isolation_level=None, check_same_thread=False)) as table:
            table.execute("PRAGMA journal_mode=OFF")
            table.execute(f"CREATE TABLE document ({columns}) WITHOUT ROWID")
            yield table
    except sqlite3.Error as error:
        raise IndexerError(f"无法写入临时文件（{error}），索引没有改变。请检查临时目录的权限和磁盘空间。") from error
