"""Divide a fixed amount of money fairly among many people."""
