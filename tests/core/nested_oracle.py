"""Nested budgets by their definition: a group is the merged sequence of its members' units."""


def awards(budget, n, key, lower, upper, groups):
    """Everyone's floor, the groups' floors, then units in order as long as groups allow them.

    `groups` are (members, floor, cap); `key(i, k)` orders the k-th units of claimants i.
    """
    forced = {frozenset([i]): [(key(i, k), i) for k in range(1, lower[i] + 1)] for i in range(n)}
    rest = {
        frozenset([i]): [(key(i, k), i) for k in range(lower[i] + 1, upper[i] + 1)]
        for i in range(n)
    }
    parts = {frozenset([i]) for i in range(n)}
    for members, floor, cap in sorted(groups, key=lambda g: len(g[0])):
        inside = [part for part in parts if part <= set(members)]
        first = [unit for part in inside for unit in forced[part]]
        then = sorted(unit for part in inside for unit in rest[part])
        need = max(0, floor - len(first))
        first, then = first + then[:need], then[need:]
        whole = frozenset(i for part in inside for i in part)
        parts = (parts - set(inside)) | {whole}
        forced[whole], rest[whole] = first, then[: cap - len(first)]
    first = [unit for part in parts for unit in forced[part]]
    then = sorted(unit for part in parts for unit in rest[part])
    taken = first + then[: budget - len(first)]
    counts = [0] * n
    for _, i in taken:
        counts[i] += 1
    return counts


def feasible(budget, n, lower, upper, groups):
    """Whether floors and caps leave room, bottom-up."""
    low = {frozenset([i]): lower[i] for i in range(n)}
    high = {frozenset([i]): upper[i] for i in range(n)}
    for members, floor, cap in sorted(groups, key=lambda g: len(g[0])):
        inside = [part for part in low if part <= set(members)]
        a, b = sum(low[p] for p in inside), sum(high[p] for p in inside)
        if floor > min(b, cap) or cap < a:
            return False
        for part in inside:
            del low[part], high[part]
        whole = frozenset(members)
        low[whole], high[whole] = max(a, floor), min(b, cap)
    return sum(low.values()) <= budget <= sum(high.values())
