"""Lots: whole units of zero or at least a minimum, concave worth, and a few limits on totals."""
