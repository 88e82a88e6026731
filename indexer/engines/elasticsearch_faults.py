"""What a server or the way to it can refuse, as errors with one sentence each; the client's errors end here."""

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import elastic_transport
from elastic_transport import ConnectionTimeout, SerializationError, TlsError, TransportError
from elasticsearch import ApiError, UnsupportedProductError

from indexer.errors import EngineUnavailable, IndexDamaged, IndexMissing

CONFLICT, BUSY = 409, 429
PASSING = {BUSY, 502, 503, 504}  # what may be gone a moment later
OWN_FAULT = {400, 413}  # of a document, however healthy the server


class Vanished(IndexMissing):
    """What was asked for by name is not there. Who asked knows what that means."""


class Answer(NamedTuple):
    """What is said of an answer with this status that has these words somewhere; either may be left open."""

    sentence: str
    words: str = ""
    statuses: Collection[int] = range(400, 600)


# the first that fits
ANSWERS = (
    Answer(
        "搜索服务器磁盘将满，已禁止写入，待办变更没有丢失。请清理或扩充搜索服务器的磁盘。",
        words="read-only-allow-delete",
    ),
    Answer(
        "索引在搜索服务器上被设为只读，没有写入，待办变更没有丢失。请在服务器上解除只读，或执行 kb index rebuild。",
        words="read-only",
    ),
    Answer(
        "索引在搜索服务器上被关闭，数据没有受影响。请在服务器上打开它，或执行 kb index rebuild。",
        words="index_closed_exception",
    ),
    Answer(
        "搜索服务器的版本不受支持，没有使用。请使用 Elasticsearch 8.19 或更新的 8.x。",
        words="media_type_header_exception",
    ),
    Answer(
        "搜索集群没有主节点，数据没有丢失。请检查集群各节点是否运行、能否互相连接。",
        words="master",
        statuses={503},
    ),
    Answer(
        "搜索服务器暂时禁止操作，数据没有丢失。请检查集群状态，稍后再试。",
        words="cluster_block_exception",
    ),
    Answer(
        "索引的一部分分片不可用，没有执行。请检查集群各节点；节点恢复后索引自行恢复。",
        words="shard",
        statuses={503},
    ),
    Answer(
        "搜索服务器不接受用户名、密码或密钥，没有执行。请检查 KB_INDEX_USER、KB_INDEX_PASSWORD 或 KB_INDEX_API_KEY。",
        statuses={401},
    ),
    Answer(
        "搜索服务器不允许当前用户操作该索引，没有执行。请在服务器上授予该索引的全部权限。",
        statuses={403},
    ),
    Answer(
        "搜索服务器没有在规定时间内完成，数据没有受影响。请稍后再试，或检查服务器负荷。",
        statuses={408, 504},
    ),
    Answer(
        "搜索服务器认为请求太大，没有执行。请调大服务器的 http.max_content_length。",
        statuses={413},
    ),
    Answer(
        "搜索服务器繁忙，没有接受请求，待办变更没有丢失。请稍后再试；经常出现时请扩充集群。",
        statuses={BUSY},
    ),
    Answer(
        "搜索服务器不接受请求，数据没有受影响。请检查服务器版本和索引设置，或执行 kb index rebuild。",
        statuses=range(400, 500),
    ),
    Answer("搜索服务器出错，没有执行，数据没有丢失。请稍后再试，并查看服务器日志。"),
)

# the first that fits: some of these are kinds of others
FAILURES: tuple[tuple[type[Exception], str], ...] = (
    (TlsError, "与搜索服务器的加密连接不可信，没有连接。请检查 KB_INDEX_CA 和服务器证书。"),
    (ConnectionTimeout, "搜索服务器没有在规定时间内回答，数据没有受影响。请稍后再试，或检查服务器负荷。"),
    (elastic_transport.ConnectionError, "无法连接搜索服务器，数据没有受影响。请检查 KB_INDEX 和服务器是否运行。"),
    (UnsupportedProductError, "该地址上不是受支持的 Elasticsearch，没有使用。请检查 KB_INDEX。"),
    (SerializationError, "搜索服务器的回答无法识别，没有使用。请检查 KB_INDEX 是否指向 Elasticsearch。"),
    (TransportError, "与搜索服务器的通信失败，数据没有受影响。请稍后再试。"),
)


def is_failure(error: BaseException) -> bool:
    """Whether it tells of a server that does not answer, rather than of an index that is not there or not right."""
    return isinstance(error, EngineUnavailable) and not isinstance(error, IndexMissing | IndexDamaged)


@contextmanager
def told() -> Iterator[None]:
    """Turns whatever the client raises into EngineUnavailable or, for what is not there, Vanished."""
    try:
        yield
    except UnsupportedProductError as error:
        raise _failure(error) from error
    except ApiError as error:
        raise refusal(error.meta.status, error.body) from error
    except TransportError as error:
        raise _failure(error) from error


def _failure(error: Exception) -> EngineUnavailable:
    return EngineUnavailable(next(sentence for kind, sentence in FAILURES if isinstance(error, kind)))


def refusal(status: int, error: Any) -> EngineUnavailable:
    """The error for what a server answers instead of doing what it was asked."""
    text = json.dumps(error)
    if status == 404 and "index_not_found" in text:
        return Vanished("搜索服务器上没有要找的索引，数据没有受影响。请执行 kb index rebuild。")
    fitting = (one.sentence for one in ANSWERS if status in one.statuses and one.words in text)
    return EngineUnavailable(next(fitting, ANSWERS[-1].sentence))


def reason(error: Mapping[str, Any]) -> str:
    """Why a document was refused: the server's own words may quote the document, so only their kind is told."""
    return f"搜索服务器不接受文档（{error.get('type', '')}），索引保留旧版本。请修改后再保存。"
