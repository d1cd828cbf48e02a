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
# # Comparing policies
#
# A policy is best argued about beside another one. Here the announced policy stands beside two
# others on the same users: who gains, who loses, what would somebody like me get? Then we look for
# a policy that gives those who lost least twice as much, and for who would pay for it.

# %%
import allocator as al

users = al.simulate_users(20_000, seed=7)
announced = al.Policy.default().replace(budget="3500000.00")
pro_rata = al.Policy.preset("pro-rata").replace(budget="3500000.00")
broad = al.Policy.preset("broad").replace(budget="3500000.00")

# %% [markdown]
# The first policy is the *base*: gains and losses of the others are counted against it.

# %%
comparison = al.compare(users, announced, pro_rata, broad)
comparison

# %% [markdown]
# Pro rata (in proportion to the loss) stays close to the announced policy: somewhat more gain than
# lose, and the median is about a dollar higher. Broad is another world: nine of ten users gain, and
# the median voucher is six times as large. Somebody pays for that, because all three spend the same
# money.
#
# ## Who gains and who loses
#
# Deciles are tenths of the users by loss: 1 are those who lost least, 10 those who lost most. Rows
# 1 to 10 add up to ALL, to the cent. The rows below ALL are parts of decile 10. Money is in cents,
# so that nothing is rounded; we divide by 100 to read dollars.

# %%
change = comparison.difference(by="loss")["Broad"]
dollars = change[["gain_cents", "loss_cents", "mean_change_cents"]] / 100
dollars.columns = ["gain in $", "loss in $", "mean change in $"]
change[["users", "gainers", "losers"]].join(dollars)

# %% [markdown]
# All losers are in deciles 9 and 10, and nearly all of them in the last one. The same as a picture;
# a figure's title is its finding:

# %%
comparison.plot.gainers()

# %% [markdown]
# ## Where the money goes

# %%
comparison.plot.money()

# %% [markdown]
# ## What would I get?

# %%
comparison.people_like_me()

# %% [markdown]
# ## By any other column
#
# `by=` takes any column of the users table. What did a lost dollar get back, by region?

# %%
by_region = comparison.deciles(by="region")
by_region.xs("recovery_ratio_of_sums", axis=1, level=1).map("{:.2%}".format)

# %% [markdown]
# ## Twice as much for those who lost least
#
# Under the announced policy the tenth who lost least get \$4.00 each, the minimum. Suppose it
# should be \$8.00 on average. `goal_seek` turns one knob until that is so. Two knobs could do it,
# and they are not the same at all:

# %%
goal = {"target": "mean_award", "decile": 1, "value": 8.00}
by_minimum = al.goal_seek(users, announced, vary="minimum", **goal)
by_minimum

# %%
by_alpha = al.goal_seek(users, announced, vary="alpha", **goal)
by_alpha

# %% [markdown]
# `.policy` is the policy found; compare it like any other:

# %%
both = al.compare(
    users,
    {"announced": announced, "higher minimum": by_minimum.policy, "higher alpha": by_alpha.policy},
)
both

# %%
both.plot.gainers()

# %% [markdown]
# The higher minimum moves little money: it lifts the lowest deciles and takes a little from most of
# the others. The higher alpha moves almost forty times as much: nine deciles of ten gain, and all
# of it is taken from some of the tenth who lost most. Who wants larger vouchers for the smallest
# losses, and nothing else, is served by the minimum.

# %%
overview = both.overview()
overview[["gainers", "losers"]].assign(moved=overview.gain_cents / 100).round(2)

# %% [markdown]
# ## Many scenarios at once
#
# A sweep reads the users once and then runs every combination. In the table of a sweep, `.table`,
# each scenario is a row of a pandas frame.

# %%
sweep = al.sweep(users, announced, {"award.minimum": [4, 6, 8, 10], "award.maximum": [3000, 6000]})
sweep

# %% [markdown]
# ## One page for everybody else
#
# `al.report([base, other], "report.html")` writes all of this to one file that opens without
# anything installed. No user can be found in it.

# %%
base, other = both.allocations[:2]
print(base.policy.diff(other.policy))
