"""When people buy: the week, the year, and the way to New Year."""

from datetime import date

import numpy as np
import numpy.typing as npt

# Monday to Sunday; marketplaces sell most at the beginning of the week and on Sunday evening
WEEK = (1.10, 1.06, 1.02, 0.98, 0.90, 0.92, 1.02)


def demand_factor(day: date, gift: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """By what to multiply each SKU's usual demand on ``day``; ``gift`` goods swell before New Year."""
    to_peak = (date(day.year, 12, 18) - day).days
    swell = float(np.exp(-((to_peak / 32.0) ** 2)))
    summer = 0.12 * float(np.exp(-(((date(day.year, 7, 10) - day).days / 45.0) ** 2)))
    base = WEEK[day.weekday()] * (1.0 - summer)
    return base * np.where(gift, 1.0 + 1.1 * swell, 1.0 + 0.25 * swell)


def discount_step(day: date) -> int:
    """Extra seller's discount in percent: a sale of a week about every sixth week."""
    return 8 if day.isocalendar().week % 6 == 0 else 0
