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
# A policy has a handful of numbers that sound like ethics: *alpha*, *exponents*, *recovery*. This
# notebook shows what each of them does to the awards, in dollars, and which of them do nothing, so
# that nobody spends a meeting on a number without effect. No mathematics is needed: square roots
# are the most there is.

# %%
import pandas as pd

import allocator as al

users = al.simulate_users(20_000, seed=7)
policy = al.Policy.default().replace(budget="3500000.00")
result = al.allocate(users, policy)
result

# %% [markdown]
# ## One line says it all
#
# Below the title of that card stands the line that everything follows from:

# %%
result.formula

# %% [markdown]
# The first number is the **level**. Nobody chooses it: it is the one number at which all vouchers
# together come to exactly the budget. What a policy does choose is what stands behind it (the
# **weight** of a user) and the minimum and maximum at the end. Whoever would get less than the
# minimum gets the minimum, whoever would get more than the maximum gets the maximum, and the level
# settles so that the money just suffices.
#
# So there are three questions of fairness, and the rest of this notebook takes them in turn:
#
# 1. How much more should a larger loss count? (the loss exponent)
# 2. Should it matter how much of their wealth people lost? (the ratio exponent)
# 3. How much should the small ones be lifted over the large ones? (alpha, minimum, maximum)

# %% [markdown]
# ## 1. The loss exponent
#
# With exponent 1 ten times the loss counts ten times as much; with 0.5 (a square root) about three
# times as much; with 0 it does not count at all. Here is what that means for twelve made-up people,
# who lost \$100 to \$100,000, which was 30%, 60% or all of what they had:

# %%
exponents = al.compare(
    users,
    {f"loss exponent {e}": policy.replace(loss_exponent=e) for e in (1.0, 0.5, 0.0)},
)
exponents.people_like_me()

# %% [markdown]
# Read down a column: with exponent 1, a loss of \$10,000 gets ten times what \$1,000 gets; with 0
# both get the same. (A loss of \$100 never gets more than \$100: no voucher is larger than the
# loss.) The budget is the same in all three columns, so that one person's more is another's less.
#
# ## 2. The ratio exponent
#
# The ratio is loss over net assets, the share of their wealth that people lost. With exponent 0 it
# does not matter; with larger ones, those who lost everything get more at the cost of those who
# lost a smaller share:

# %%
ratios = al.compare(
    users,
    {f"ratio exponent {e}": policy.replace(ratio_exponent=e) for e in (0.0, 0.5, 2.0)},
)
ratios.people_like_me()

# %% [markdown]
# ## 3. alpha
#
# Economists have a family of objectives with one number in it, alpha: 0 looks at the sum only, 1 is
# a compromise known as proportional fairness, and infinity cares only for whoever gets least. That
# sounds like a knob of its own. **With a minimum and a maximum as the only bounds, it is not**:
# raising alpha only compresses the weights. alpha = 2 takes the square root of every weight, and
# that is all it does. So it is the same policy as alpha = 1 with both exponents halved:

# %%
with_alpha = al.allocate(users, policy.replace(alpha=2))
with_exponents = al.allocate(users, policy.replace(loss_exponent=0.5, ratio_exponent=0.25))
print(with_alpha.formula)
print(with_exponents.formula)

# %%
difference = with_alpha.awards.award_cents - with_exponents.awards.award_cents
int(difference.abs().max())  # cents

# %% [markdown]
# Not one cent differs for any of the 20,000. Only *exponent / alpha* acts. A sweep over both knobs
# says so itself: look at the note below the table, and at the columns with the *effective*
# exponents.

# %%
al.sweep(users, policy, {"alpha": [1, 2], "loss_exponent": [1, 2], "ratio_exponent": [0.5, 1]})

# %% [markdown]
# In a debate it is better to argue about one of the two. Exponents are easier to explain: "the
# voucher grows with the square root of the loss".
#
# ## Recovery: dollars, or shares of a loss?
#
# `of = "recovery"` makes the objective look at *award / loss*, the share of a loss that comes back,
# instead of at dollars. If, on top, people weigh what they lost, then alpha has no effect but for
# odd cents (Schoot Uiterkamp, Gerards and Hurink,
# [arXiv:2008.11829](https://arxiv.org/abs/2008.11829)):

# %%
recovery = policy.replace(of="recovery", ratio_exponent=0.0)
runs = {alpha: al.allocate(users, recovery.replace(alpha=alpha)) for alpha in (0.5, 1, 2, 5)}
pd.Series({alpha: run.formula for alpha, run in runs.items()}).rename_axis("alpha").to_frame("")

# %% [markdown]
# Every one of them pays in proportion to the loss. With other weights, a larger alpha draws the
# policy *towards* proportion to the loss, the opposite of what it does with dollars. Here the loss
# exponent is 0.5:

# %%
toward = al.sweep(users, recovery.replace(loss_exponent=0.5), {"alpha": [1, 2, 5, 50]})
toward.table[["objective.alpha", "effective_loss_exponent"]]

# %% [markdown]
# ## What changes nothing
#
# Some changes look like decisions and are none. Each of these is compared with the policy we began
# with:

# %%
no_change = {
    "alpha and both exponents doubled": {
        "alpha": 2,
        "loss_exponent": 2.0,
        "ratio_exponent": 1.0,
    },
    "everybody weighs three times as much": {"weights.factors": {"region": {"*": 3.0}}},
    "recovery instead of amount, at alpha 1": {"of": "recovery"},
}
rows = []
for what, changes in no_change.items():
    other = al.allocate(users, policy.replace(changes))
    difference = (other.awards.award_cents - result.awards.award_cents).abs()
    rows.append({"change": what, "awards that differ": int((difference > 0).sum())})
pd.DataFrame(rows).set_index("change")

# %% [markdown]
# `allocator policy check` and the warnings of a run name keys without effect, too.
#
# ## What does change something
#
# From one extreme to the other: alpha = 0 gives to the largest weights first, infinity to the
# smallest awards first. *Equality* is 1 less the Gini coefficient of the awards. *Efficiency* only
# says how much of the money stays with the largest weights: every line of the table spends the same
# dollars.

# %%
al.frontier(users, policy)

# %% [markdown]
# Equality of awards goes up line by line. Equality *of recovery* (the shares of losses that people
# get back) does not: it is highest at alpha = 1 and lower on both sides. Equal dollars and equal
# shares are different ideas of fair, and no number is best for both.
#
# The same in a picture, for alpha 1 and alpha 2: what part of a lost dollar comes back, from those
# who lost least to those who lost most.

# %%
al.compare(result, al.allocate(users, policy.replace(alpha=2, name="alpha 2"))).plot.recovery()

# %% [markdown]
# ## Try it
#
# In a notebook that runs, this shows sliders for all of these numbers; the figures follow at once.
# (On a page that only shows a notebook, it is the card of the policy.)

# %%
al.explore(users, policy)
