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
# # Health checks: where a policy can be gamed, and where it hurts
#
# Before a policy is announced somebody should have tried to break it: open a second account,
# report a dollar more, stand just outside a line. `al.health` does.

# %%
import allocator as al

users = al.simulate_users(20_000, seed=7)
policy = al.Policy.default().replace(budget="3500000.00")
health = al.health(users, policy)
health

# %% [markdown]
# ## As a table
#
# Each finding has a number, a sentence, the worst example (by row, never by name) and what in the
# policy would change it.

# %%
health.table

# %% [markdown]
# ## Cliffs
#
# A line that decides who is in makes a cliff: what lies on either side of it differs by the
# minimum, or much more.

# %%
result = al.allocate(users, policy)
result.plot.cliffs()

# %% [markdown]
# ## A policy that splits cannot game
#
# With awards in proportion to losses, no minimum and no maximum, two accounts get what one would.
# The price: people with small losses get cents.

# %%
flat = policy.replace(loss_exponent=1.0, ratio_exponent=0.0, minimum="0.00", maximum="3500000.00")
for name in ("split.maximum", "split.minimum"):
    for tried in (policy, flat):
        finding = al.health(users, tried)
        print(tried.award.minimum, name, [f.sentence for f in finding.findings if f.id == name])

# %% [markdown]
# ## What was assumed
#
# Every assumed number moves money. Each line says how much, and for how many.

# %%
for finding in health.findings:
    if finding.id.startswith("assumed"):
        print("-", finding.sentence)
