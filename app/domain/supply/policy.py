"""What a supply advice is made with: the parameters, apart from the facts."""

from dataclasses import dataclass
from decimal import Decimal

WB = "WB"
OZON = "OZON"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Parameters of the advice of one organisation; the defaults are the seed's.

    ``aggr_days_*``: days of sales that velocity and deviation are taken from.
    ``safety_coeff``: how many deviations of the window's demand to keep in reserve.
    ``windows``: for how many days ahead an advice is made.
    ``ValueError`` where a figure makes no sense.
    """

    aggr_days_wb: int = 14
    aggr_days_ozon: int = 28
    safety_coeff: Decimal = Decimal("1.5")
    windows: tuple[int, ...] = (14, 28)

    def __post_init__(self) -> None:
        if not self.windows or min(self.aggr_days_wb, self.aggr_days_ozon, *self.windows) < 1:
            raise ValueError("policy: at least one window, and every window at least one day")
        if not self.safety_coeff.is_finite() or self.safety_coeff < 0:
            raise ValueError("policy: safety_coeff is a number from 0 up")

    def aggr_days(self, marketplace: str) -> int:
        """The velocity window of a marketplace ("WB", "OZON"); ``KeyError`` for any other."""
        return {WB: self.aggr_days_wb, OZON: self.aggr_days_ozon}[marketplace]

    def parameters(self, marketplace: str, window_days: int) -> dict[str, object]:
        """What of the policy went into one advice, for ``rationale_hash``."""
        return {
            "aggr_days": self.aggr_days(marketplace),
            "safety_coeff": self.safety_coeff,
            "window_days": window_days,
        }
