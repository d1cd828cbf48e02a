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
# # Health checks, and gaming
#
# Before a policy is announced, somebody should have tried to break it: open a second account,
# report a dollar more, stand just outside a line. `al.health` tries all of that and says what it
# found. It finds facts, not faults: whether \$4.00 for a second account matters is for people to
# decide.

# %%
import allocator as al

users = al.simulate_users(20_000, seed=7)
policy = al.Policy.default().replace(budget="3500000.00")
health = al.health(users, policy)
health.counts

# %% [markdown]
# *Serious* findings touch many users or much money, *watch* touches some, *fine* touches nobody,
# hardly any money, or may be chance. Everything is in `health` itself, a card that you see at the
# end, and in `health.table`, a pandas frame. We take some of it in turn.
#
# ## Is it worth it to split an account in two?

# %%
for name in ("split.minimum", "split.maximum", "split.line", "split.median"):
    finding = health[name]
    print(f"{finding.severity}: {finding.sentence}")

# %% [markdown]
# Two places reward a split. At the **minimum**, two halves get the minimum twice. At the
# **maximum**, they are capped twice: that is worth up to \$6,000. Everywhere in between a split
# gains nothing, because a voucher in proportion to the loss is the same in two parts.
#
# Every finding has its worst example, told by its row and never by a name, and what in the policy
# would change it:

# %%
finding = health["split.maximum"]
print(finding.example)
print("what would change it:", finding.remedy, finding.keys)

# %% [markdown]
# Suppose we drop both bounds (a maximum as large as the budget is none), and the ratio with them,
# so that everybody gets the same share of the loss:

# %%
flat = policy.replace(
    {
        "name": "Flat",
        "award.minimum": "0.00",
        "award.maximum": policy.award.budget,
        "weights.ratio_exponent": 0.0,
    }
)
flat_health = al.health(users, flat)
for name in ("split.minimum", "split.maximum", "split.line", "split.median"):
    print(f"{flat_health[name].severity}: {flat_health[name].sentence}")

# %% [markdown]
# Nobody gains by splitting any more. It has a price, as always:

# %%
comparison = al.compare(users, policy, flat)
comparison.people_like_me()

# %%
comparison.plot.gainers()

# %% [markdown]
# The other way to close the gap is not in the numbers: pay per person instead of per account
# (`award.per` names the column that says who is who).
#
# ## Cliffs
#
# A line that decides who is in makes a cliff: on one side nothing, on the other a voucher. The
# picture shows how high each cliff is and how many users stand within 1% of it.

# %%
result = al.allocate(users, policy)
result.plot.cliffs()

# %%
for name in ("line.min_loss", "line.min_loss_ratio", "line.net_assets"):
    print(health[name].sentence)

# %% [markdown]
# At a loss of \$50 the cliff is the minimum, \$4.00. The other two are higher: the largest voucher
# that hangs on net assets being above zero is the maximum itself. Such lines are where disputes
# come from, and where a dollar of misreported loss pays:

# %%
print(health["misreport.typical"].sentence)
print(health["misreport.largest"].sentence)

# %% [markdown]
# ## If the data are a little wrong
#
# Every loss is moved at random by up to 5%, and the whole allocation is done again:

# %%
health["noise.losses"].sentence

# %% [markdown]
# ## What was assumed
#
# Some numbers of the policy were never announced; somebody had to fill them in. Each line says what
# another value would move. Those that move most deserve a decision with a reason written down:

# %%
for finding in health.findings:
    if finding.id.startswith("assumed."):
        print(f"{finding.severity}: {finding.sentence}")

# %%
result.plot.tornado(health)

# %% [markdown]
# ## Parity between groups
#
# Do groups fare differently? First whatever they lost, then compared with those who lost about the
# same:

# %%
for name in ("parity.vip_tier", "parity.vip_tier.given_loss", "parity.region.given_loss"):
    print(f"{health[name].severity}: {health[name].sentence}")

# %% [markdown]
# The policy never looks at the tier. The mean award of a tier still differs a lot, because tiers
# lost different amounts, and some of it is left among those who lost about the same: it comes
# through the ratio and through the lines that decide who is in.
#
# ## All of it

# %%
health
