"""The loss and the loss ratio from which on a policy lets users in."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from allocator.data.check import Users
from allocator.money import FINE, exact
from allocator.policy.eligibility import at_least
from allocator.policy.schema import Policy
from allocator.policy.values import read_ratio

__all__ = ["Cutoffs", "at_or_above"]

# A ratio and a cutoff are rounded four times on their way to floats, by 2**-53 each.
_CLEAR = 2.0**-50


@dataclass(frozen=True)
class Cutoffs:
    """The smallest loss and the smallest loss ratio that are in.

    Attributes
    ----------
    loss : int
        1e-8 dollars.
    ratio : str
        As in the policy.
    """

    loss: int
    ratio: str

    @classmethod
    def of(cls, policy: Policy) -> Cutoffs:
        """Return those of a policy.

        Examples
        --------
        >>> Cutoffs.of(Policy.default()).loss // FINE
        50
        >>> Cutoffs.of(Policy.default().replace(minimum="60.00")).loss // FINE
        60
        """
        least = exact(policy.eligibility.min_loss)
        if policy.award.cap_at_loss:  # a cap below the minimum: both are whole units
            least = max(least, exact(policy.award.minimum))
        return cls(int(least * FINE), policy.eligibility.min_loss_ratio)

    def widened(self, other: Cutoffs) -> Cutoffs:
        """Return cutoffs that let in whoever either does."""
        return Cutoffs(min(self.loss, other.loss), min(self.ratio, other.ratio, key=read_ratio))

    def cover(self, other: Cutoffs) -> bool:
        """Tell whether these let in whoever the others do."""
        return self.loss <= other.loss and read_ratio(self.ratio) <= read_ratio(other.ratio)

    def opened(self, policy: Policy) -> Policy:
        """Return a policy that lets in every size of loss, and ratios as these do."""
        eligibility = {"min_loss": "0", "min_loss_ratio": self.ratio}
        return policy.model_copy(
            update={
                "eligibility": policy.eligibility.model_copy(update=eligibility),
                "award": policy.award.model_copy(update={"minimum": "0"}),
            }
        )


def at_or_above(users: Users, ratio: NDArray[np.float64], cutoff: Fraction) -> NDArray[np.bool_]:
    """Tell exactly whose loss ratio is at a cutoff or above; of who has none, yes.

    Parameters
    ----------
    users : Users
        n rows, with net assets.
    ratio : ndarray of float64, shape (n,)
        Loss / net assets in floats, NaN where net assets are not positive.
    cutoff : Fraction

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    assert users.net_assets is not None
    above, clear = ratio >= float(cutoff) * (1 + _CLEAR), ratio < float(cutoff) * (1 - _CLEAR)
    if np.count_nonzero(above) + np.count_nonzero(clear) < len(ratio):
        unclear = np.flatnonzero(above == clear)  # or without a ratio
        above[unclear] = at_least(users.loss[unclear], users.net_assets[unclear], cutoff)
    return above
