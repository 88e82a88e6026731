"""How search servers are, for whoever looks after them: version, health, nodes, copies and disks."""

from typing import TYPE_CHECKING, Any

from indexer.engines.elasticsearch_faults import told
from indexer.results import ClusterCondition

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch


def look(client: "Elasticsearch", index: str) -> ClusterCondition:
    """The condition of the cluster and of the index in force. Raises EngineUnavailable."""
    with told():
        version = client.info()["version"]["number"]
        health = client.cluster.health(index=index)
        disks: Any = client.cat.allocation(format="json", h="disk.percent")
    used = [int(one["disk.percent"]) for one in disks if one["disk.percent"]]
    return ClusterCondition(
        version=version,
        health=health["status"],
        nodes=health["number_of_data_nodes"],
        unassigned=health["unassigned_shards"],
        fullest=max(used, default=None),
    )
