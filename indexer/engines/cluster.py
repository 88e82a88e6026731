"""Which servers an address names, and how their index is to be kept; it opens no connection."""

import re
from dataclasses import dataclass, field

from indexer.errors import IndexerError

PORT = 9200
SCHEMES = {"elasticsearch": "http", "elasticsearch+https": "https"}
_PLACE = re.compile(r"//(?P<hosts>[^/@?#]+)/(?P<name>[a-z0-9][a-z0-9_-]{0,63})/?")
_HOST = re.compile(r"(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:(?P<port>\d{1,5}))?")


@dataclass(frozen=True, slots=True)
class Cluster:
    """How to sign in to a cluster and what to ask of it; nothing of it stands in an address.

    ``ca`` is the file of the authority that signed its certificates, ``seconds`` the time one request may take, a
    second try included.
    """

    user: str = ""
    password: str = field(default="", repr=False)
    api_key: str = field(default="", repr=False)
    ca: str = ""
    shards: int = 1
    replicas: int = 1
    seconds: float = 0.8


ANONYMOUS = Cluster()


@dataclass(frozen=True, slots=True)
class Servers:
    """The nodes that are asked, as URLs, and the name all of the index goes by there."""

    nodes: tuple[str, ...]
    name: str
    cluster: Cluster


def servers(scheme: str, place: str, cluster: Cluster) -> Servers:
    """What ``scheme:place`` names, such as ``elasticsearch://one:9200,two:9200/kb``. Raises IndexerError.

    Its sentence does not repeat the address, which may hold a password.
    """
    told = _PLACE.fullmatch(place)
    hosts = [_HOST.fullmatch(host) for host in told["hosts"].split(",")] if told else [None]
    nodes = [f"{SCHEMES[scheme]}://{host['host']}:{host['port'] or PORT}" for host in hosts if host]
    if not told or len(nodes) < len(hosts):
        raise IndexerError(
            f"搜索服务器地址的写法应为 {scheme}://主机:{PORT},主机:{PORT}/名称，"
            "名称用小写字母、数字、- 和 _；用户名和密码不写在地址里，请用 KB_INDEX_USER 和 KB_INDEX_PASSWORD。"
        )
    return Servers(tuple(nodes), told["name"], cluster)
