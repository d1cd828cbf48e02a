# ---
# jupyter:
#   jupytext:
#     formats: py:percent,ipynb
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Claims rules: two thousand years of dividing too little
#
# When there is less than people are owed, how is it to be divided? Courts, rabbis and parliaments
# have answered, and economists have found that most of their answers are one idea: what each
# claimant gets rises with a single number, the level, until the money is gone. This notebook goes
# through the famous cases.

# %%
from fractions import Fraction

import pandas as pd

import allocator as al

# %% [markdown]
# ## The Talmud's three wives
#
# A man dies and owes his wives 100, 200 and 300. The Mishnah (Ketubot 93a) divides an estate of
# 100 equally, one of 200 as 50, 75, 75, and one of 300 in proportion. It was a riddle until Aumann
# and Maschler (Journal of Economic Theory 36, 1985) found the rule behind all three. In exact
# fractions:

# %%
claims = [100, 200, 300]
estates = [100, 200, 300, 400, 500]
pd.DataFrame(
    {estate: al.divide(Fraction(estate), claims, "talmud") for estate in estates}, index=claims
).map(str)

# %% [markdown]
# ## The same estate by every rule

# %%
rules = [
    "proportional",
    "constrained_equal_awards",
    "constrained_equal_losses",
    "talmud",
    "reverse_talmud",
    "piniles",
    "constrained_egalitarian",
    "random_arrival",
    "minimal_overlap",
    "adjusted_proportional",
]
pd.DataFrame({rule: al.divide(200, claims, rule).round(2) for rule in rules}, index=claims).T

# %% [markdown]
# ## A bankruptcy, to the cent
#
# A firm owes five creditors and has $1,000,000.00. Equal awards protect the small, equal losses
# the large, proportional is what courts do. Whole cents are part of the rule: they add up exactly,
# and one cent more in the estate is one cent more for exactly one creditor.

# %%
owed = ["12500.00", "48000.50", "250000.00", "800000.00", "1500000.25"]
table = {
    rule: al.divide("1000000.00", owed, rule, unit="0.01")
    for rule in ("proportional", "constrained_equal_awards", "constrained_equal_losses", "talmud")
}
pd.DataFrame(table, index=owed)

# %%
pd.DataFrame(table).sum()

# %% [markdown]
# ## Which rule? Ask for properties
#
# Every rule has some good properties and lacks others; none has all. The table below is checked by
# tests: where a property holds, random problems look for a counterexample; where it fails, one is
# stored.

# %%
properties = al.properties()
properties.loc[["proportional", "constrained_equal_awards", "talmud", "random_arrival"]].T

# %% [markdown]
# ## The U.S. House of Representatives
#
# Seats are money, too: whole units, at least one each. Huntington and Hill's method, in use since
# 1941, is alpha-fairness with alpha = 2 on squared populations.

# %%
population = {
    "California": 39_576_757,
    "Texas": 29_183_290,
    "Florida": 21_570_527,
    "Wyoming": 577_719,
}
seats = al.divide(
    119,
    weights=[p**2 for p in population.values()],
    rule=al.AlphaFair(alpha=2),
    lower=1,
    unit=1,
    ids=list(population),
)
dict(zip(population, seats.astype(int).tolist(), strict=True))

# %% [markdown]
# Largest remainders, Hamilton's method, is offered by name for those who must match it. It has a
# paradox: with one more seat to give, somebody may get one fewer (Alabama, 1880).

# %%
shares = [6, 6, 2]
[al.divide(n, weights=shares, unit=1, rounding="largest_remainder").tolist() for n in (10, 11)]
