"""A small initiative in a folder of its own: seven users, four of them with positions."""

from pathlib import Path

import pyarrow as pa

from allocator.data.write import write_csv

DEPEG = """\
schema_version = 1
kind = "depeg"
name = "Depeg"
[claims.reference_price]
USDE = "1.00"
[award]
budget = "1000.00"
"""
VOUCHERS = """\
schema_version = 1
name = "Vouchers"
[award]
budget = "600.00"
"""
LOANS = """\
schema_version = 1
kind = "loan"
name = "Loans"
[fund]
budget = "20000.00"
"""
FILE = """\
schema_version = 1
kind = "initiative"
name = "Together"

[[programs]]
name = "depeg"
policy = "depeg.toml"
input = "positions.csv"

[[programs]]
name = "vouchers"
policy = "vouchers.toml"
input = "users.csv"
compensated_by = ["depeg"]

[[programs]]
name = "loans"
policy = "loans.toml"
input = "applicants.csv"
"""
USERS = {
    "user_id": ["ann", "bob", "cy", "dee", "eve", "fay", "gil"],
    "liquidation_loss": ["400", "300", "200", "100", "80", "60", "10"],
    "net_assets": ["400", "400", "400", "300", "200", "100", "10"],
}
POSITIONS = {
    "user_id": ["ann", "bob", "bob", "gil", "zoe"],
    "asset": ["USDE"] * 5,
    "quantity": ["1000", "100", "100", "10", "1"],
    "liquidation_price": ["0.75", "0.90", "0.95", "1.20", "0.99"],
    "time": ["2025-10-10T21:50:00Z"] * 5,
    "account_type": ["margin"] * 5,
}
PAY = {"ann": 25_000, "bob": 1_500, "gil": 0, "zoe": 1}  # cents
APPLICANTS = {
    "applicant_id": ["a1", "a2", "a3"],
    "user_id": ["cy", "ann", "hal"],
    "requested": ["9000", "8000", "7000"],
    "minimum": ["4000", "4000", "4000"],
    "tenor_months": ["12"] * 3,
}


def fill(home: Path) -> Path:
    for name, text in (("depeg", DEPEG), ("vouchers", VOUCHERS), ("loans", LOANS)):
        (home / f"{name}.toml").write_text(text)
    (home / "initiative.toml").write_text(FILE)
    for name, table in (("users", USERS), ("positions", POSITIONS), ("applicants", APPLICANTS)):
        write_csv(home / f"{name}.csv", pa.table(table))
    return home


def cents(result, column):
    """Return a column of the ledger by person."""
    return dict(
        zip(
            result.ledger.column("person").to_pylist(),
            result.ledger.column(f"{column}_cents").to_pylist(),
            strict=True,
        )
    )
