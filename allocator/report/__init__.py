"""Figures and pages: what `scenarios` computes, drawn and put into words for people."""
