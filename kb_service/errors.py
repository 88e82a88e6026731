"""What a use case may refuse, each error with a stable code and a Chinese sentence a person can act on."""

import errno
from collections.abc import Mapping
from typing import Any, ClassVar

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Numbers of an OSError that mean: no room is left."""


class KBError(Exception):
    """Root of what the knowledge base refuses: a stable ``code``, a sentence, and ``detail`` for machines."""

    code: ClassVar[str] = "error"
    sentence: ClassVar[str] = "操作没有完成。"

    def __init__(self, message: str = "", **detail: Any) -> None:
        super().__init__(message or self.sentence)
        self.message = message or self.sentence
        self.detail: Mapping[str, Any] = detail


class NotFound(KBError):
    """There is no such thing, or the actor may not know of it: the answer is the same."""

    code = "not_found"
    sentence = "没有找到，或者您无权查看。"


class Invalid(KBError):
    """The input breaks a rule; ``detail['problems']`` maps field names to sentences."""

    code = "invalid"
    sentence = "有内容需要改正。"

    def __init__(self, message: str = "", *, problems: Mapping[str, str] | None = None, **detail: Any) -> None:
        super().__init__(message, problems=dict(problems or {}), **detail)
        self.problems: Mapping[str, str] = dict(problems or {})


class Denied(KBError):
    """The actor sees the thing but has no right to do this with it."""

    code = "denied"
    sentence = "您没有做这件事的权限。"


class Conflict(KBError):
    """The state of things does not allow this now."""

    code = "conflict"
    sentence = "现在不能这样做：内容的状态已经变化，请刷新后再试。"


class StaleEdit(Conflict):
    """Somebody saved in between; ``detail`` holds ``yours`` and ``theirs``, so nothing is lost."""

    code = "stale_edit"
    sentence = "您打开之后别人已经改过。两份内容都还在，请比较后再保存。"


class Duplicate(Conflict):
    """There is one already."""

    code = "duplicate"
    sentence = "已经有同样的内容。"


class Unconfirmed(Conflict):
    """The change would make some searches worse; ``detail`` tells which. Said again with a yes, it is done."""

    code = "unconfirmed"
    sentence = "这项改动会让一些检索变差，还没有生效。请看过影响，确认后再提交一次。"


class InvalidTransition(Conflict):
    """The workflow has no such step from this state."""

    code = "invalid_transition"
    sentence = "在当前状态下不能执行这一步。"


class Unavailable(KBError):
    """Something the service needs is not answering now; trying again soon may help."""

    code = "unavailable"
    sentence = "服务暂时不可用，请稍后再试。"


class DatabaseBusy(Unavailable):
    """Another writer held the database longer than we may wait."""

    code = "database_busy"
    sentence = "数据库正忙，您的操作没有保存。请过几秒再试一次。"


class DatabaseFailed(Unavailable):
    """The database file cannot be read or written: no space, no permission, or a fault of the disk."""

    code = "database_failed"
    sentence = "数据库文件无法读写：磁盘已满、没有权限或磁盘有故障。您的操作没有保存，之前保存的都在。请处理后再试。"


class DatabaseAway(Unavailable):
    """The database server does not answer, or the connection to it was lost."""

    code = "database_away"
    sentence = "数据库暂时连不上，您的操作没有保存，之前保存的都在。请稍后再试；一直如此请联系管理员。"


class SearchUnavailable(Unavailable):
    """The index cannot answer; this is never shown as "no results"."""

    code = "search_unavailable"
    sentence = "检索暂时不可用，其他功能照常。请稍后再试。"


class IndexBuilding(Unavailable):
    """The index is being built; ``detail`` may hold ``done`` and ``total``."""

    code = "index_building"
    sentence = "正在建立索引，完成后即可检索，其他功能照常。"


class BackupFailed(Unavailable):
    """A backup could not be made; the former ones are as they were."""

    code = "backup_failed"
    sentence = "备份没有完成，没写完的文件已经删除，之前的备份都在。请处理后再试。"


class BadArchive(KBError):
    """A backup file is cut off, changed, or none at all."""

    code = "bad_archive"
    sentence = "备份文件不完整或已损坏，没有采用。请换一份备份。"


class WrongKey(BadArchive):
    """A backup file is encrypted, and what was given does not open it."""

    code = "wrong_key"
    sentence = "这把私钥打不开这份备份。请换用与制作备份的公钥配对的私钥。"


class NoBase(KBError):
    """There is no base at this place."""

    code = "no_base"
    sentence = "这里没有知识库。"


class OldSchema(KBError):
    """The database is older (or newer) than the program."""

    code = "old_schema"
    sentence = "数据库的结构与程序版本不符：请先执行 kb db upgrade。"
