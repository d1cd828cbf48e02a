"""Properties of claims rules: definitions that run, proofs, and counterexamples that are stored."""
