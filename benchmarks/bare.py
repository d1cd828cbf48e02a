"""The least that a run could do: ``python bare.py USERS OUT``.

Reads the columns that the announced policy uses, and writes a table with the columns, types, rows
and compression of awards.parquet. Its figures are one line of numpy each: they only have to be as
hard to compress as the real ones. It checks nothing, decides nothing, hashes nothing.
"""

import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

users, out = sys.argv[1:]
columns = ["user_id", "liquidation_loss", "net_assets", "already_compensated"]
table = pq.read_table(users, columns=columns)
n = table.num_rows
loss, assets = (table[name].cast(pa.float64()).to_numpy() for name in columns[1:3])
paid = table["already_compensated"].to_numpy()
with np.errstate(divide="ignore", invalid="ignore"):
    ratio = np.where(assets > 0, loss / assets, np.nan)
eligible = (loss >= 50) & (ratio >= 0.3) & ~paid
weight = np.where(eligible, loss * np.sqrt(np.minimum(ratio, 1)), np.nan)
upper = np.where(eligible, np.minimum(loss * 100, 600_000), 0).astype(np.int64)
award = np.where(eligible, np.clip(weight * 1.78, 400, upper), 0).astype(np.int64)
code = eligible.astype(np.int8)
reasons, bindings = pa.array(["loss_below_minimum", "eligible"]), pa.array(["none", "floor"])
awards = pa.table(
    {
        "user_id": table["user_id"],
        "eligible": eligible,
        "reason": pa.DictionaryArray.from_arrays(code, reasons),
        "loss": table["liquidation_loss"],
        "net_assets": table["net_assets"],
        "loss_ratio": pa.array(np.round(ratio, 9), from_pandas=True),
        "claim": loss,
        "factor": np.ones(n),
        "weight": pa.array(weight, from_pandas=True),
        "lower_cents": np.where(eligible, 400, 0),
        "upper_cents": upper,
        "binding": pa.DictionaryArray.from_arrays((award == 400).astype(np.int8), bindings),
        "award_cents": award,
    }
)
pq.write_table(
    awards,
    out,
    compression="zstd",
    row_group_size=1 << 18,
    use_dictionary=["reason", "factor", "lower_cents", "binding"],
    store_decimal_as_integer=True,
)
