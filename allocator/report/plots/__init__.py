"""Figures, one a file: each takes what `scenarios` computed and returns a `Chart`."""
