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
# # Constraints and groups
#
# Budgets are seldom one pot. A region has a guarantee, a product line a cap, a person may have
# several accounts. Groups with a floor or a cap on their total may be nested to any depth, and
# there may be as many as people; a few more constraints may overlap. The awards stay exact, to the
# cent, and the certificate names what binds.

# %%
import numpy as np

import allocator as al

# %% [markdown]
# ## Groups inside groups
#
# Ten claimants, two regions, and a cap on one city inside the first region.

# %%
claims = np.array([10, 20, 30, 40, 50, 60, 70, 80, 90, 100])
north = al.Group(range(5), lower=80, name="north")
city = al.Group([3, 4], upper=30, name="the city in the north")
awards = al.divide(250, claims, "constrained_equal_awards", unit=1, constraints=[north, city])
awards.astype(int).tolist(), int(awards[:5].sum()), int(awards[[3, 4]].sum())

# %% [markdown]
# ## One person, several accounts
#
# `Groups` makes one group for every label: here nobody gets more than 60, however many accounts
# they have.

# %%
person = ["ann", "ann", "bob", "cy", "cy", "cy", "dee", "eve", "eve", "fay"]
each = al.Groups(person, upper=60, name="person")
awards = al.divide(250, claims, unit=1, constraints=[each])
{p: int(awards[[i for i, q in enumerate(person) if q == p]].sum()) for p in dict.fromkeys(person)}

# %% [markdown]
# ## The same in a policy
#
# A voucher program in which each region gets at least 20% of the money.

# %%
users = al.simulate_users(20_000, seed=7)
plain = al.Policy.default().replace(budget="3500000.00", name="Plain")
result = al.allocate(users, plain)
result.deciles(by="region", users=users)["Plain"]

# %%
guarantee = al.Policy.model_validate(
    plain.model_dump()
    | {
        "name": "A guarantee for each region",
        "constraints": [{"name": "guarantee", "each": "region", "min_share": "0.20"}],
    }
)
guaranteed = al.allocate(users, guarantee)
guaranteed.deciles(by="region", users=users)["A guarantee for each region"]

# %% [markdown]
# ## Constraints that overlap have prices
#
# Two groups that overlap are no tree. Each then has a price: what a unit more of room in it is
# worth, in units of the budget.

# %%
weights = claims.astype(float)
first = al.Group(range(6), upper=90, name="the first six")
last = al.Group(range(4, 10), upper=180, name="the last six")
awards = al.divide(250, weights=weights, rule=al.AlphaFair(1), unit=1, constraints=[first, last])
awards.astype(int).tolist(), int(awards[:6].sum()), int(awards[4:].sum())

# %% [markdown]
# ## When constraints conflict
#
# The error names a smallest set that cannot be met together, and nothing else.

# %%
conflict = [first, last, al.Group([4, 5], lower=120, name="two in the middle")]
try:
    al.divide(250, weights=weights, rule=al.AlphaFair(1), unit=1, constraints=conflict)
except al.InfeasibleError as error:
    print(error)
