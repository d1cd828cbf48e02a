"""What an allocation comes to: figures, deciles, and one policy against another.

Everything is computed from the awards table, the policy and the certificate, so that a run read
back from its folder says the same as a fresh one. `report` draws what is computed here.
"""
