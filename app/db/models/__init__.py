"""All models, by area; ``Base.metadata`` is the schema."""

from app.db.models.base import Base
from app.db.models.catalogue import (
    Card,
    CommissionRule,
    CostChange,
    CostPriceHistory,
    Sku,
    SkuBarcode,
    Warehouse,
)
from app.db.models.derived import AdviceSupply, FigureChange, MetricsDaily, RecalcPending
from app.db.models.facts import (
    Cashflow,
    DailySales,
    DailyStock,
    Review,
    SaleEvent,
    SettlementLine,
    UnplacedRow,
)
from app.db.models.platform import Chunk, DeadLetter, Firing, Job, JobCheckpoint, Lease, OutboxEvent
from app.db.models.records import AuditEntry, Document, FiguresStamp, IdempotencyKey, Report
from app.db.models.sources import Coverage, IngestRun, RateBudget, RawPayload, SourceUnit
from app.db.models.tenancy import (
    AdminCode,
    AppUser,
    FsmEntry,
    Installation,
    Invite,
    MarketplaceAccount,
    Membership,
    Tenant,
)

__all__ = [
    "AdminCode",
    "AdviceSupply",
    "AppUser",
    "AuditEntry",
    "Base",
    "Card",
    "Cashflow",
    "Chunk",
    "CommissionRule",
    "CostChange",
    "CostPriceHistory",
    "Coverage",
    "DailySales",
    "DailyStock",
    "DeadLetter",
    "Document",
    "FigureChange",
    "FiguresStamp",
    "Firing",
    "FsmEntry",
    "IdempotencyKey",
    "IngestRun",
    "Installation",
    "Invite",
    "Job",
    "JobCheckpoint",
    "Lease",
    "MarketplaceAccount",
    "Membership",
    "MetricsDaily",
    "OutboxEvent",
    "RateBudget",
    "RawPayload",
    "RecalcPending",
    "Report",
    "Review",
    "SaleEvent",
    "SettlementLine",
    "Sku",
    "SkuBarcode",
    "SourceUnit",
    "Tenant",
    "UnplacedRow",
    "Warehouse",
]
