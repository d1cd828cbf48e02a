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
# # What fairness means here
#
# Every policy has a word for fairness in it: who weighs how much, and how strongly a policy
# prefers to help those who get little. This notebook shows what the knobs do, and, just as
# important, which knobs do nothing, so that nobody debates a number that has no effect.

# %%
import pandas as pd

import allocator as al

users = al.simulate_users(20_000, seed=7)
policy = al.Policy.default().replace(budget="3500000.00")

# %% [markdown]
# ## One line says it all
#
# Whatever the objective, an award has one form: a level, times the weight to some power, held
# between the minimum and the maximum. The level is the one number at which awards add up to the
# budget.

# %%
al.allocate(users, policy).formula

# %% [markdown]
# ## alpha compresses the weights, and nothing else
#
# With alpha = 2 every weight counts by its square root. So a policy with alpha = 2 and a loss
# exponent of 1 is the policy with alpha = 1 and a loss exponent of 0.5. The two lines below are
# the same policy.

# %%
print(al.allocate(users, policy.replace(alpha=2)).formula)
print(al.allocate(users, policy.replace(loss_exponent=0.5, ratio_exponent=0.25)).formula)

# %% [markdown]
# A sweep says so itself: the columns of *effective* exponents are what acts, and its notes name
# scenarios that are the same.

# %%
sweep = al.sweep(users, policy, {"alpha": [1, 2], "loss_exponent": [0.5, 1]})
columns = ["objective.alpha", "weights.loss_exponent", "effective_loss_exponent", "median_cents"]
sweep.table[columns]

# %%
for note in sweep.notes:
    print(note)

# %% [markdown]
# ## Where alpha does nothing at all
#
# With `of = "recovery"` fairness is about the share of the loss that comes back, not about
# dollars. If the weight is the loss, then everybody gets the same share under every alpha (Schoot
# Uiterkamp, Gerards and Hurink, arXiv:2008.11829).

# %%
recovery = policy.replace(of="recovery", ratio_exponent=0.0)
for alpha in (0.5, 1, 2, 5):
    print(alpha, al.allocate(users, recovery.replace(alpha=alpha)).formula)

# %% [markdown]
# ## From one extreme to the other
#
# alpha = 0 pays those with the largest weights first; alpha = inf raises whoever has least. The
# frontier shows what lies in between: how far the money moves from the largest weights, and how
# equal awards are.

# %%
frontier = al.frontier(users, policy)
frontier.table

# %% [markdown]
# ## How equal is equal?
#
# Inequality has many measures. They agree on the extremes and may differ in between; what each of
# them means stands in its docstring, `help(al.metrics.gini)`.

# %%
awards = {
    f"alpha {alpha}": al.allocate(users, policy.replace(alpha=alpha)).awards.award_cents
    for alpha in (0.5, 1, 2)
}
pd.DataFrame(
    {
        name: {
            "Gini": al.metrics.gini(x[x > 0]),
            "Jain": al.metrics.jain(x[x > 0]),
            "Theil": al.metrics.theil(x[x > 0]),
            "Hoover": al.metrics.hoover(x[x > 0]),
        }
        for name, x in awards.items()
    }
).round(3)

# %% [markdown]
# ## Other ideas of fairness
#
# Bankruptcy law and the Talmud divided scarce money long before there were exchanges. They are
# rules like any other here, by name.

# %%
claims = [100, 200, 300]
rules = ["proportional", "constrained_equal_awards", "constrained_equal_losses", "talmud"]
pd.DataFrame({rule: al.divide(200, claims, rule).round(2) for rule in rules}, index=claims)
