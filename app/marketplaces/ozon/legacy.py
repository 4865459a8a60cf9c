"""What Ozon called its charges before accruals: documents and cash-flow items still do (facts/ozon.md 10.3).

One old name may have become two types, which lie on one line. An old operation cannot be told from a new
accrual, which holds services of several types.
"""

import re
from collections.abc import Mapping

from app.domain.finance.settlement import PnlLine
from app.marketplaces.ozon.lines import line_of

_PREFIX = re.compile(r"^(?:operation)?(?:marketplace)?(?:service)?(?:item)?")
"""Old names are the same word behind one of several prefixes, in two spellings of "Marketplace"."""

PROVEN: Mapping[str, tuple[int, ...]] = {
    "OperationMarketplaceCostPerClick": (41,),
    "OperationPromotionWithCostPerOrder": (54,),
    "MarketplaceRedistributionOfAcquiringOperation": (1,),
    "PremiumMembership": (51,),
    "InsuranceServiceSellerItem": (76,),
    "OperationMarketplaceAcceleratedProductReviews": (96,),
    "StarsMembership": (74,),
    "OperationMarketplaceServiceStorage": (46,),
    "OperationMarketplacePackageMaterialsProvision": (38,),
    "OperationMarketplacePackageRedistribution": (39,),
    "TemporaryStorage": (78,),
    "OperationMarketPlaceItemPinReview": (61,),
    "OperationPointsForReviews": (47,),
}
"""Equal to the kopeck over 161 days of one shop."""

BY_MEANING: Mapping[str, tuple[int, ...]] = {
    "MarketplaceServiceItemDirectFlowLogistic": (32,),
    "MarketplaceServiceItemDelivToCustomer": (28, 29),
    "MarketplaceServiceItemRedistributionLastMileCourier": (28, 29),
    "MarketplaceServiceItemFulfillment": (21,),
    "MarketplaceServiceItemReturnFlowLogistic": (59,),
    "MarketplaceServiceItemReturnAfterDelivToCustomer": (9,),
    "MarketplaceServiceItemReturnNotDelivToCustomer": (6,),
    "MarketplaceServiceItemReturnPartGoodsCustomer": (40,),
    "MarketplaceServiceItemDropoffPVZ": (16, 17),
    "MarketplaceServiceItemDropoffSC": (16, 17),
    "MarketplaceServiceItemDropoffFF": (16, 17),
    "MarketplaceServiceItemRedistributionReturnsPVZ": (45,),
    "MarketplaceServiceBrandCommission": (3,),
    "ItemElectronicServiceStencil": (75,),
    "Crossdocking": (12,),
    # A delivery's charge given back: the same types, with a plus.
    "OperationAgentStornoDeliveredToCustomer": (28, 29),
}

RETURN_ITSELF = "ClientReturnAgentOperation"
"""Not a charge: the return's own accrual, which has no type."""


def _stem(name: str) -> str:
    return _PREFIX.sub("", name.strip().casefold())


_TYPES = {_stem(name): types for name, types in (*PROVEN.items(), *BY_MEANING.items())}


def legacy_types(name: str) -> tuple[int, ...]:
    """Accrual types that an old name has become; none for one that nobody has placed."""
    return _TYPES.get(_stem(name), ())


def legacy_line(name: str) -> PnlLine:
    """The P&L line of an old name, UNMAPPED for an unknown one."""
    if _stem(name) == _stem(RETURN_ITSELF):
        return PnlLine.RETURN
    types = legacy_types(name)
    return line_of(types[0]) if types else PnlLine.UNMAPPED
