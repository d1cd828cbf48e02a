"""Small problems that are degenerate on purpose: ties, zeros, thirty orders of magnitude."""

from hypothesis import strategies as st

from allocator.core.means import Least, Midpoint, Stolarsky

INF = float("inf")
ALPHAS = st.sampled_from([0.0, 0.01, 0.3, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 40.0, 1e4, INF])
FEW = st.sampled_from([0.0, 1.0, 1.0, 2.0, 3.0, 4.0, 9.0, 0.1, 1e-15, 1e15, 1.0000000000000002])
MANY = st.floats(1e-6, 1e6)


@st.composite
def problems(draw, baselines=True, scaled=True, smallest=1):
    """(budget, lower, upper, weights, scales or None, baseline or None)."""
    n = draw(st.integers(smallest, 6))

    def column(values):
        return draw(st.lists(values, min_size=n, max_size=n))

    weights = column(draw(st.sampled_from([FEW, MANY])))
    lower = column(st.integers(0, 3))
    upper = [a + b for a, b in zip(lower, column(st.integers(0, 9)), strict=True)]
    budget = draw(st.integers(sum(lower), sum(upper)))
    scales = baseline = None
    if scaled and draw(st.booleans()):
        scales = column(st.sampled_from([1.0, 2.0, 3.0, 0.1]))
    if baselines and draw(st.booleans()):
        baseline = column(st.sampled_from([0.0, 0.0, 1.0, 2.0, 0.5, 1e-3]))
    return budget, lower, upper, weights, scales, baseline


def mean_of(order):
    """The mean of that order: -1 for claims rules, inf for max-min."""
    return {-1.0: Midpoint(), INF: Least()}.get(order) or Stolarsky(order)
