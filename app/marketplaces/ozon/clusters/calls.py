"""The call for clusters. Source: facts/ozon.md section 7 (out of beta since 1 June 2026)."""

from app.marketplaces.ozon.client import OzonClient, post
from app.marketplaces.transport import Reply

CLUSTERS = post("ozon.clusters", "/v2/cluster/list")


def clusters(client: OzonClient) -> Reply:
    """All clusters with their warehouses, of Russia and of the CIS at once."""
    return client.transport.call(CLUSTERS, body={})
