"""Claims rules for few claimants: exact fractions, but no level that everybody's award follows."""
