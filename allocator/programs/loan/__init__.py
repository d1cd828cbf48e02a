"""The loan fund: who is approved, for how much, at what rate, and paid back when."""
