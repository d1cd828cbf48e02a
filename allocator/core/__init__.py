"""The mathematics: one level, found once, and the order in which whole units are earned.

`core` knows no users, files or policies, and needs numpy only.
"""
