"""The pipeline: users and a policy to awards with their certificate, and what is kept of them."""
