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
# # The whole initiative
#
# In October 2025 a crypto exchange announced four things at once: about \$283 million of
# compensation for holders of three tokens that lost their peg, \$300 million of vouchers for users
# who were liquidated, a \$100 million loan fund, and delivery of the vouchers within 96 hours. This
# notebook runs all four, scaled down, on simulated data: 10,000 users, of whom some have positions
# in those tokens and some apply for loans. Nobody's data are in it.

# %%
import json
import os
import subprocess
import sys
import tempfile
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

import allocator as al

home = tempfile.TemporaryDirectory()
os.chdir(home.name)

# %% [markdown]
# ## Three tables of the same people
#
# A column says who somebody is: `user_id`, in all three. Applicants have ids of their own as well.

# %%
N = 10_000
applicants = al.simulate_applicants(200, seed=5).table
owners = pa.array([f"u{31 * i + 1}" for i in range(200)])
tables = {
    "positions": al.simulate_positions(4_000, seed=3, users=N).table,
    "users": al.simulate_users(N, seed=7).table,
    "applicants": applicants.append_column("user_id", owners),
}
for name, table in tables.items():
    pq.write_table(table, f"{name}.parquet")
{name: table.num_rows for name, table in tables.items()}

# %% [markdown]
# ## Three policies and one initiative file
#
# Everything a policy does not say is the announced rule, or an assumption that says it is one. The
# reference prices are made up: the announcement named the moment, and no number.

# %%
files = {
    "depeg.toml": """
schema_version = 1
kind = "depeg"
name = "Depeg compensation"
[claims.reference_price]
USDE = "0.9995"
BNSOL = "199.00"
WBETH = "4090.00"
[award]
budget = "2830000.00"
""",
    "vouchers.toml": """
schema_version = 1
name = "Vouchers"
[award]
budget = "2000000.00"
""",
    "loans.toml": """
schema_version = 1
kind = "loan"
name = "Loan fund"
[fund]
budget = "3000000.00"
max_share_per_applicant = "5%"
expected_loss_budget = "2%"
""",
    "initiative.toml": """
schema_version = 1
kind = "initiative"
name = "Together"

[[programs]]
name = "depeg"
policy = "depeg.toml"
input = "positions.parquet"

[[programs]]
name = "vouchers"
policy = "vouchers.toml"
input = "users.parquet"
compensated_by = ["depeg"]
compensated = "ineligible"

[[programs]]
name = "loans"
policy = "loans.toml"
input = "applicants.parquet"

[between]
max_per_person = "10000.00"
left_over = { depeg = "vouchers" }
""",
}
for name, text in files.items():
    Path(name).write_text(text.lstrip())

# %% [markdown]
# ## Who gets what from which program, and what is left
#
# The programs run in order. Each one's input is made of its own table and of what the programs
# before it came to: here, who was compensated, and how much somebody may still get.

# %%
result = al.run_initiative("initiative.toml", "together", report=True)
print(result.summary())

# %% [markdown]
# The ledger has a row a person and a column a program. A loan is paid back, and does not count as
# paid.

# %%
ledger = result.ledger.to_pandas().set_index("person") / 100
ledger.columns = [name.removesuffix("_cents") for name in ledger.columns]
ledger.sort_values("paid", ascending=False).head(5)

# %%
ledger[ledger > 0].describe().loc[["count", "50%", "mean", "max"]].round(2)

# %% [markdown]
# What somebody gets from every program, with the reasons:

# %%
both = ledger.query("depeg > 0 and loans > 0").index[0]
print(result.explain(both))

# %% [markdown]
# ## What the certificate proves
#
# Every program has a certificate of its own. This one is for what lies between them: it adds
# everything up again, person by person.

# %%
for sentence in result.certificate.proves:
    print("+", sentence)
for sentence in result.certificate.does_not_prove:
    print("-", sentence)

# %% [markdown]
# Anyone with the files can repeat it. Every program's directory also verifies by itself, as if
# there were no others.

# %%
check = al.verify_initiative("together")
check.ok, check.faults

# %% [markdown]
# ## The cliff between compensation and vouchers
#
# That whoever was compensated has no voucher was announced. It means that one cent of compensation
# forfeits a voucher, whatever it is worth:

# %%
vouchers = next(step for step in result.steps if step.program.name == "vouchers")
everybody = vouchers.policy.replace(exclude_already_compensated=False)
finding = al.depeg_health(result.programs["depeg"], al.allocate(vouchers.prepared, everybody))
print(finding.sentence)

# %% [markdown]
# The other rule takes the compensation off the loss that the vouchers count. A cent of it takes a
# cent off the loss, which costs the voucher only whoever stands right at a minimum; the money comes
# from the others:

# %%
text = Path("initiative.toml").read_text().replace('"ineligible"', '"netted"')
Path("netted.toml").write_text(text.replace('"Together"', '"Netted"'))
netted = al.run_initiative("netted.toml")
print(al.compare_initiatives(result, netted))

# %% [markdown]
# ## Delivery
#
# The vouchers' own run becomes signed batches and a ledger in SQLite. The hub here is a stand-in of
# thirty lines, which pays a key once, and sometimes does not answer.


# %%
PAID, REQUESTS = {}, []


class Hub(BaseHTTPRequestHandler):
    """Pays each idempotency key once; every seventh request gets a 500 after it was paid."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        for each in body["vouchers"]:
            PAID.setdefault(each["voucher_id"], each["amount_cents"])
        REQUESTS.append(len(body["vouchers"]))
        results = [{"voucher_id": e["voucher_id"], "status": "accepted"} for e in body["vouchers"]]
        answer = json.dumps({"results": results}).encode()
        self.send_response(500 if len(REQUESTS) % 7 == 3 else 200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *words):
        pass


hub = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
threading.Thread(target=hub.serve_forever, daemon=True).start()


def deliver(*words):
    key = {"ALLOCATOR_DELIVERY_KEY": "for this notebook only, thirty-two bytes"}
    command = [sys.executable, "-m", "allocator", "deliver", *words, "--json"]
    done = subprocess.run(
        command, env={**os.environ, **key}, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


# %%
announced = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%MZ")
plan = ("together/programs/vouchers", "--out", "batches")
planned = deliver("plan", *plan, "--announced", announced, "--rate", "100000000")
address = f"http://127.0.0.1:{hub.server_address[1]}"
sent = deliver("send", "batches", "--hub", address, "--timeout", "0.5")
{"acknowledged": sent["acknowledged"], "answers that were lost": sent["unanswered"] > 0}

# %% [markdown]
# What the hub paid, against the ledger, to the cent. Requests whose answer was lost were sent again
# with the same keys, so that nothing was paid twice:

# %%
receipts = [{"voucher_id": key, "amount_cents": cents} for key, cents in PAID.items()]
Path("receipts.jsonl").write_text("".join(json.dumps(each) + "\n" for each in receipts))
found = deliver("reconcile", "batches", "receipts.jsonl")
spent = result.programs["vouchers"].certificate.spent_cents
assert found["ok"]
assert found["received_cents"] == spent
pd.DataFrame({name: found[name] for name in ("matched", "missing", "duplicated", "unknown")}).loc[
    ["count", "cents"]
]

# %% [markdown]
# ## In the end

# %%
rows = [
    {
        "program": each["name"],
        "budget": each["budget_cents"] / 100,
        "spent": each["spent_cents"] / 100,
        "left": each["left_cents"] / 100,
        "persons": each["persons_with_something"],
        "delivered": found["received_cents"] / 100 if each["name"] == "vouchers" else None,
    }
    for each in result.certificate.figures["programs"]
]
pd.DataFrame(rows).set_index("program")

# %% [markdown]
# `together/report.html` has all of this on a page that names nobody and hides counts under ten.

# %%
hub.shutdown()
os.chdir("/")
home.cleanup()
