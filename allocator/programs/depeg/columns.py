"""The columns of a table of positions, by our names."""

from __future__ import annotations

__all__ = [
    "ACCOUNT_TYPE",
    "ASSET",
    "AWARD_CAP",
    "COLUMNS",
    "EXTRA_LOSS",
    "OPTIONAL",
    "POSITION_ID",
    "PRICE",
    "QUANTITY",
    "REQUIRED",
    "TIME",
    "USER_ID",
]

USER_ID = "user_id"
ASSET = "asset"
QUANTITY = "quantity"  # of the asset
PRICE = "liquidation_price"  # dollars a unit
TIME = "time"
ACCOUNT_TYPE = "account_type"
EXTRA_LOSS = "verified_extra_loss"  # dollars, for transfer or redemption delays
POSITION_ID = "position_id"
AWARD_CAP = "award_cap"  # dollars: the most that the user may get; only where a policy names it
REQUIRED = (USER_ID, ASSET, QUANTITY, PRICE, TIME, ACCOUNT_TYPE)
OPTIONAL = (EXTRA_LOSS, POSITION_ID, AWARD_CAP)
COLUMNS = (*REQUIRED, *OPTIONAL)
