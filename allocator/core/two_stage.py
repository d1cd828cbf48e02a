"""The two-stage rule: first groups by their total claims, then the members of each group."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocator.core.constraints import Groups
from allocator.core.rules import Rule
from allocator.errors import DataError
from allocator.money import exact

__all__ = ["TwoStage"]


@dataclass(frozen=True, eq=False)
class TwoStage:
    """Divide among groups by their total claims, then each group's share among its members.

    This is not a nested budget (`Groups`): there, everybody is at the one level of the rule unless
    a bound of their group holds them back, and groups without bounds change nothing. Here every
    group is a claimant of its own, and what members get depends on how they are grouped: under
    constrained equal awards two groups share equally however many members they have. Only
    "proportional" gives the same with and without groups (but for odd units).

    Parameters
    ----------
    labels : sequence, shape (n,)
        Everybody's group; none may be missing.
    rule : str or Rule
        A rule that takes claims alone, for both stages.

    References
    ----------
    Borm, Carpente, Casas-Mendez & Hendrickx, "The constrained equal awards rule for bankruptcy
    problems with a priori unions", Annals of Operations Research 137, 2005.

    Examples
    --------
    >>> from allocator.core.divide import divide
    >>> claims = [50, 50, 100]
    >>> divide(90, claims=claims, rule="constrained_equal_awards").tolist()
    [30.0, 30.0, 30.0]
    >>> divide(90, claims=claims, rule=TwoStage(["a", "a", "b"], "constrained_equal_awards"))
    array([22.5, 22.5, 45. ])
    """

    labels: Any
    rule: str | Rule = "proportional"

    def divide(
        self,
        divide: Callable[..., NDArray[Any]],
        budget: Any,
        claims: Any,
        others: tuple[Any, ...],
        **how: Any,
    ) -> Any:
        """Divide by a division among claimants.

        Parameters
        ----------
        divide : callable
            `allocator.core.divide.divide`.
        budget, claims : as `divide` takes them
        others : tuple
            Its arguments that this rule does not take.
        **how
            ``unit``, ``rounding`` and ``ids`` of `divide`.

        Returns
        -------
        ndarray, shape (n,)

        Raises
        ------
        DataError
            If there are no claims, or somebody has no group.
        """
        if claims is None or any(each is not None for each in others):
            raise DataError(
                "TwoStage takes claims, and no weights, bounds or constraints: groups are divided "
                "by the totals of their members' claims"
            )
        groups = Groups(self.labels)
        codes = groups.labels
        if len(codes) != len(claims):
            raise DataError(f"TwoStage has {len(codes):,} labels for {len(claims):,} claims")
        if (codes < 0).any():
            raise DataError("TwoStage needs a group for everybody: some labels are missing")
        sums = [Fraction(0)] * len(groups)
        owed = [exact(claim) for claim in claims]
        for code, claim in zip(codes.tolist(), owed, strict=True):
            sums[code] += claim
        plain = not any(isinstance(x, Fraction) for x in [budget, *claims])
        names = [str(groups.label(g)) for g in range(len(groups))]
        totals: Any = [float(total) for total in sums] if plain else sums
        shares = divide(budget, totals, self.rule, **{**how, "ids": names})
        if plain and how.get("rounding", "level") == "level":
            return self._inside(divide, budget, claims, codes, shares, how)
        result = np.zeros(len(claims), dtype=shares.dtype)
        ids = how.pop("ids", None)
        for g in range(len(groups)):
            rows = np.flatnonzero(codes == g)
            mine = [claims[i] for i in rows]
            called = None if ids is None else [ids[i] for i in rows]
            result[rows] = divide(shares[g], mine, self.rule, **how, ids=called)
        return result

    def _inside(
        self,
        divide: Callable[..., NDArray[Any]],
        budget: Any,
        claims: Any,
        codes: NDArray[np.int64],
        shares: NDArray[Any],
        how: dict[str, Any],
    ) -> NDArray[Any]:
        """Divide every group's share at once: a group whose floor is its cap gets just that."""
        by_group = dict(enumerate(shares.tolist()))
        exactly = Groups(codes, by_group, by_group, "group")
        return divide(budget, claims, self.rule, constraints=[exactly], **how)
