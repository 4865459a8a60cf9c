"""Clusters: the regions that Ozon's warehouses stand in, and that deliveries are sent to."""

from app.marketplaces.ozon.clusters.sources import OzonClusters, sources

__all__ = ["OzonClusters", "sources"]
