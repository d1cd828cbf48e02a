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
# # Fitting a policy to examples
#
# A policy team seldom thinks in exponents. It can say what ten users should get. This notebook goes
# from such examples to a policy: which numbers explain them best, how sure each number is, which
# examples do not fit, and what the examples cannot tell at all.

# %%
import pandas as pd

import allocator as al

pd.set_option("display.max_colwidth", None)  # reasons are sentences: show them whole

# %% [markdown]
# ## Ten examples
#
# A row is a user whom everybody at the table can picture, and the voucher they agreed on. Line
# numbers count a header as line 1, as in a file: the first example is line 2.

# %%
wishes = pd.DataFrame(
    [
        ("60", "100", "4"),
        ("80", "100", "4"),
        ("120", "400", "4"),
        ("300", "600", "8"),
        ("1000", "3000", "16"),
        ("1000", "1000", "28"),
        ("5000", "10000", "82"),
        ("20000", "25000", "305"),
        ("20000", "60000", "195"),
        ("100000", "100000", "1300"),
    ],
    columns=["liquidation_loss", "net_assets", "award"],
)
found = al.fit(wishes)
found

# %% [markdown]
# Three different users share the smallest award, so $4 is taken as the floor, and those three say
# only "the formula gives at most that". Nobody stands at a cap: the examples merely show that it is
# not below the largest award.
#
# The result is a policy like any other:

# %%
print(found.policy.diff(al.Policy.default()))

# %% [markdown]
# ## How sure is each number?
#
# *Well* determined: an exponent within 0.05, a factor or the level within 10%. *Weakly*: within
# 0.5, or a factor of 2.7. *Not*: the examples do not say; `why` tells the reason.

# %%
found.parameters

# %%
found.residuals

# %% [markdown]
# ## What examples cannot tell
#
# Had every example the same loss ratio, the ratio exponent would be anybody's guess. The fit says
# so, leaves it where the policy it started from has it, and marks the level, which depends on it:

# %%
same_ratio = wishes.assign(net_assets=wishes.liquidation_loss.astype(float) * 2)
al.fit(same_ratio).parameters[["value", "determined", "why"]]

# %% [markdown]
# Alpha can never be told. Awards depend on exponent / alpha only: alpha 2 with doubled exponents is
# the same policy. Here is the proof, on simulated users.

# %%
users = al.simulate_users(20_000, seed=7)
policy = al.Policy.default().replace(budget="3500000.00", name="Announced, scaled")
doubled = policy.replace(
    {"alpha": 2, "weights.loss_exponent": 2.0, "weights.ratio_exponent": 1.0, "name": "Doubled"}
)
one, two = al.allocate(users, policy), al.allocate(users, doubled)
int((one.awards.award_cents - two.awards.award_cents).abs().max())  # cents

# %% [markdown]
# ## Awards that users posted
#
# Awards seen from outside are noisy, and some are wrong. We take sixty awards of the run above,
# spoil three of them (a zero too many), and look whether the policy comes back.

# %%
eligible = one.awards[one.awards.eligible]
sample = eligible.sample(60, random_state=1)
posts = pd.DataFrame(
    {
        "liquidation_loss": sample.loss.map("{:.2f}".format),
        "net_assets": sample.net_assets.map("{:.2f}".format),
        "award": sample.award_cents / 100,
    }
).reset_index(drop=True)
between = posts.index[(posts.award > 10) & (posts.award < 500)][:3]
posts.loc[between, "award"] *= 10
recovered = al.fit(posts, users=users)
recovered

# %% [markdown]
# The three are named, and the rest give the policy back. Because we handed in all users, the fit
# also says what budget the level implies, and the fitted policy can be run as it stands:

# %%
recovered.budget_cents / 100, al.allocate(users, recovered.policy).formula
