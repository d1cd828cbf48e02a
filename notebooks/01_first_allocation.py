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
# # A first allocation
#
# After the crash of 10 October 2025 an exchange announced \$300 million of vouchers, \$4 to \$6,000
# each, for users whose forced liquidations cost them at least \$50 and at least 30% of their net
# assets. This notebook runs that program on simulated users, looks at who gets what, explains
# single users, compares the policy with two others, and checks the result without trusting the
# solver. It takes about a minute.

# %%
import pandas as pd

import allocator as al

# %% [markdown]
# ## Users
#
# A row is a user: what they lost, and what they owned at the snapshot. Yours come from a file,
# `al.read_users("users.parquet")`, or from a data frame. Here 100,000 are simulated; nobody's data
# are in them.

# %%
users = al.simulate_users(100_000, seed=7)
users.to_pandas().head()

# %% [markdown]
# ## The policy
#
# A policy says who is in, what a claim weighs, and what the bounds are. The announced one is the
# default; each of its values knows whether it was *announced* or is *assumed*. The budget is scaled
# to our 100,000 users: $300 million were meant for 1.7 million.

# %%
policy = al.Policy.default().replace(budget="17647058.82", name="Announced, scaled")
sources = pd.DataFrame(vars(each) for each in policy.sources())
sources[["key", "value", "source", "citation"]].set_index("key")

# %% [markdown]
# ## Awards

# %%
result = al.allocate(users, policy)
result

# %% [markdown]
# Awards are an ordinary table, one row per user in the order of the input. Money is in whole
# cents, and adds up to the budget exactly.

# %%
awards = result.awards
assert awards.award_cents.sum() == 1_764_705_882
awards[awards.eligible].head()

# %% [markdown]
# Every eligible user's award follows from one line:

# %%
result.formula

# %% [markdown]
# ## Why does a user get what they get?
#
# For an analyst, in full:

# %%
in_between = awards[awards.eligible & (awards.binding == "none")]
someone = in_between.user_id.iloc[0]
print(result.explain(someone))

# %% [markdown]
# For the user, in arithmetic that can be repeated on a phone:

# %%
result.explain(someone).customer

# %% [markdown]
# And for somebody who is not in, the rule that failed and by how much it was missed:

# %%
outside = awards[awards.reason == "loss_ratio_below_minimum"].user_id.iloc[0]
result.explain(outside).customer

# %% [markdown]
# ## Is it right?
#
# The certificate is computed from users, policy and awards, without the solver: it looks at every
# user's last cent held and next cent refused. Anyone can recompute it.

# %%
certificate = al.verify(users, policy, awards)
dict(certificate.checks)

# %% [markdown]
# It says what it proves, and what it does not:

# %%
print(*certificate.proves, "", *certificate.does_not_prove, sep="\n")

# %% [markdown]
# Move one cent from one user to another, and it fails:

# %%
two = in_between.index[:2]
tampered = awards.copy()
tampered.loc[two, "award_cents"] += [1, -1]
al.verify(users, policy, tampered).failures

# %% [markdown]
# ## What would another policy do?
#
# Two others: *pro rata* (in proportion to the loss) and *broad* (alpha = 2). With plain floors and
# caps, raising alpha only compresses the weights: alpha = 2 pays in proportion to the square root
# of what alpha = 1 pays in proportion to. It is not a different kind of fairness.

# %%
pro_rata = al.Policy.preset("pro-rata").replace(budget="17647058.82")
broad = al.Policy.preset("broad").replace(budget="17647058.82")
comparison = al.compare(users, policy, pro_rata, broad)
comparison.overview()

# %% [markdown]
# By how much they lost, from the tenth who lost least to the tenth who lost most:

# %%
comparison.deciles(by="loss")

# %% [markdown]
# Who gains and who loses when the first policy is replaced:

# %%
comparison.difference(by="loss")

# %% [markdown]
# ## Where the money goes

# %%
comparison.plot.money()

# %% [markdown]
# ## Any other pot of money
#
# The core alone divides anything: an estate among creditors, a grant among applicants, seats among
# states.

# %%
al.divide("100.00", claims=[50, 100, 150], unit="0.01")

# %%
population = [39_576_757, 29_183_290, 21_570_527, 577_719]  # California, Texas, Florida, Wyoming
al.divide(
    119, weights=[p**2 for p in population], rule=al.AlphaFair(alpha=2), lower=1, unit=1
)  # Huntington-Hill
