"""What every marketplace is normalised to: plain rows in the marketplace's own identities.

Database ids are resolved later, set-based, by the ingestion service. Named tuples, because a
night makes hundreds of thousands of them. Money is ``Decimal`` rubles (or the row's currency),
signed from the seller's side where it says so; ``d`` is a business day.
"""

from app.marketplaces.rows.goods import (
    CatalogueRow,
    ClusterRow,
    OrderRow,
    PriceRow,
    ReturnRow,
    SaleEventRow,
    SkuRef,
    StockRow,
    SupplyLineRow,
    SupplyRow,
)
from app.marketplaces.rows.market import (
    AdChargeRow,
    AdStatRow,
    CampaignRow,
    CommissionRow,
    ReviewRow,
    TariffRow,
)
from app.marketplaces.rows.money import (
    AccrualTypeRow,
    BalanceRow,
    CashflowRow,
    ChargeRow,
    ReportRow,
    SettlementRow,
    StorageRow,
)
from app.marketplaces.rows.papers import AccessRow

__all__ = [
    "AccessRow",
    "AccrualTypeRow",
    "AdChargeRow",
    "AdStatRow",
    "BalanceRow",
    "CampaignRow",
    "CashflowRow",
    "CatalogueRow",
    "ChargeRow",
    "ClusterRow",
    "CommissionRow",
    "OrderRow",
    "PriceRow",
    "ReportRow",
    "ReturnRow",
    "ReviewRow",
    "SaleEventRow",
    "SettlementRow",
    "SkuRef",
    "StockRow",
    "StorageRow",
    "SupplyLineRow",
    "SupplyRow",
    "TariffRow",
]
