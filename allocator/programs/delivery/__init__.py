"""Delivery: awards become records for a rewards hub, sent once and reconciled to the cent.

Sending is at least once: whoever dies between a request and its answer cannot know whether it
arrived, so it is made again, with the same idempotency key. A hub that pays a key once makes that
exactly once in effect; without such a hub nobody can promise it.
"""
