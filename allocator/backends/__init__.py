"""Solvers of others, for what the core does not solve and to check what it does."""
