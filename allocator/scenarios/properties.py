"""The table of rules and their properties, as a data frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allocator.core.properties.table import PROPERTIES, verdicts

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["properties"]


def properties() -> pd.DataFrame:
    """Return which rule has which property of the literature: rules by properties.

    Every cell is tested: a property that holds on random problems in exact fractions, one that
    fails on its stored counterexample. Rules that maximize are meant without weights, as claims
    rules.

    Returns
    -------
    pandas.DataFrame
        Of nullable booleans, missing where a property does not apply. ``attrs["why"][rule][name]``
        is the proof, the source or the counterexample; ``attrs["evidence"][rule][name]`` says
        which ("proof", "counterexample", "none");
        ``attrs["definitions"][name]`` says what the property is.

    Examples
    --------
    >>> table = properties()
    >>> table.loc["talmud", ["self_duality", "composition_up"]].tolist()
    [True, False]
    >>> table.attrs["why"]["constrained_equal_awards"]["truncation_invariance"]
    'the level is at most the budget'
    """
    import pandas as pd

    table = verdicts()
    holds = [[cell.holds for cell in row.values()] for row in table.values()]
    frame = pd.DataFrame(holds, index=list(table), columns=list(PROPERTIES), dtype="boolean")
    frame.index.name = "rule"
    frame.attrs["why"] = {
        rule: {name: cell.why for name, cell in row.items()} for rule, row in table.items()
    }
    frame.attrs["evidence"] = {
        rule: {name: cell.evidence for name, cell in row.items()} for rule, row in table.items()
    }
    frame.attrs["definitions"] = {name: each.definition for name, each in PROPERTIES.items()}
    return frame
