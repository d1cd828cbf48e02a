"""Health checks: where a policy can be gamed, jumps, or rests on a number somebody made up."""
