"""Real servers for tests, each named by an environment variable; without it the tests that need one are skipped."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from secrets import token_hex
from typing import Any

from indexer.engines.cluster import Cluster
from tests.conftest import absent

ELASTICSEARCH = "KB_TEST_ELASTICSEARCH"
TWO_SHARDS = Cluster(shards=2, replicas=0, seconds=10)  # nothing here is about the speed of a machine


def elasticsearch_nodes() -> str:
    """The nodes of a cluster that holds nothing of value, such as ``127.0.0.1:9200,127.0.0.1:9201``."""
    hosts = os.environ.get(ELASTICSEARCH, "")
    if not hosts:
        absent(f"no Elasticsearch: set {ELASTICSEARCH} to its nodes")
    return hosts


@contextmanager
def fresh_index(hosts: str) -> Iterator[str]:
    """The address of an index no other test has; everything under its name disappears afterwards."""
    address = f"elasticsearch://{hosts}/test-{token_hex(4)}"
    try:
        yield address
    finally:
        if found := indices(address):
            client(address).options(ignore_status=404).indices.delete(index=list(found))


def indices(address: str) -> set[str]:
    """All indices under the name of an address."""
    name = address.rpartition("/")[2]
    found = client(address).indices.get(
        index=[name, f"{name}-*"], ignore_unavailable=True, expand_wildcards=["open", "closed"]
    )
    return set(found.body)


@cache
def client(address: str) -> Any:
    """A bare client, to look at the servers of an address and to spoil what is there."""
    from elasticsearch import Elasticsearch

    hosts = address.split("/")[2]
    return Elasticsearch([f"http://{host}" for host in hosts.split(",")], request_timeout=30)
