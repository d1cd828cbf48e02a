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
# A policy team argues about alternatives. Here are three on the same users: who gains, who loses,
# what people in one's own situation would get, and which setting reaches a goal.

# %%
import allocator as al

users = al.simulate_users(20_000, seed=7)
announced = al.Policy.default().replace(budget="3500000.00")

# %%
comparison = al.compare(
    users,
    announced,
    al.Policy.preset("pro-rata").replace(budget="3500000.00"),
    al.Policy.preset("broad").replace(budget="3500000.00"),
)
print(comparison)

# %% [markdown]
# ## Who gains, who loses
#
# Deciles are tenths of the eligible users by loss, the smallest first; ALL is everybody, and the
# rows add up to it to the cent. The tails below it are parts of the last tenth.

# %%
comparison.difference(by="loss")

# %% [markdown]
# ## What would I get?

# %%
comparison.people_like_me()

# %% [markdown]
# ## Pictures
#
# Every figure's title is its finding.

# %%
comparison.plot.people()

# %%
comparison.plot.gainers()

# %% [markdown]
# ## Many scenarios at once
#
# A sweep prepares the users once; a further scenario costs little more than its own solution.

# %%
sweep = al.sweep(users, announced, {"alpha": [1, 1.5, 2], "award.minimum": ["4.00", "10.00"]})
sweep.table[["objective.alpha", "award.minimum", "median_cents", "at_floor", "top_tenth_share"]]

# %% [markdown]
# ## The setting that reaches a goal
#
# Which alpha gives half of the recipients at least $50?

# %%
goal = al.goal_seek(users, announced, vary="alpha", target="median_award", value=50.0)
goal

# %%
goal.policy.diff(announced)
