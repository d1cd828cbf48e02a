"""Depeg compensation: what collateral was liquidated at below its reference price is made good.

A position's claim is quantity × max(0, reference price - liquidation price), plus a verified extra
loss. A user's claims are added up exactly and rounded to a cent once; they are paid in full when
the budget covers them, and else divided by a named claims rule.
"""
