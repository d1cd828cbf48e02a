"""Awards at a level the slow way: one user at a time, from the definition of a cent alone."""

import math
from fractions import Fraction

from allocator.money import exact


class Oracle:
    """The margin of some awards, for alpha 1, 2, inf and proportional."""

    def __init__(self, policy, rows, cents):
        self.policy = policy
        self.unit = int(exact(policy.award.unit) * 100)
        held, refused = [-math.inf], [math.inf]
        for row, award in zip(rows, cents, strict=True):
            if not self.eligible(*row[:2]):
                continue
            low, high = self.bounds(row[0])
            units = award // self.unit
            if units > low:
                held.append(self.level(units, *row))
            if units < high:
                refused.append(self.level(units + 1, *row))
        self.all_at_caps = len(refused) == 1
        last, first = max(held), min(refused)
        if last <= 0:  # nothing held, or first cents of infinite gain only
            self.margin = first * (1 - 1e-12)
        else:
            self.margin = last if last == first else math.sqrt(last * first)

    def eligible(self, loss, net):
        rule = self.policy.eligibility
        loss, net = Fraction(str(loss)), Fraction(str(net))
        if loss < exact(rule.min_loss) or net <= 0 or loss < Fraction(3, 10) * net:
            return False
        return loss * 100 // self.unit >= self.bounds(loss)[0]

    def bounds(self, loss):
        award = self.policy.award
        low, high = (int(exact(each) * 100) // self.unit for each in (award.minimum, award.maximum))
        return low, min(high, int(Fraction(str(loss)) * 100) // self.unit)

    def level(self, k, loss, net, factor):
        """The level of the k-th unit, k from 1."""
        policy = self.policy
        if policy.objective.rule == "proportional":
            return (k - 0.5) / float(loss)
        weight = float(loss) * math.sqrt(min(float(loss) / float(net), 1.0)) * factor
        alpha = policy.objective.alpha
        if alpha == 1:
            return 1 / math.log(k / (k - 1)) / weight if k > 1 else 0.0
        if alpha == 2:
            return math.sqrt(k * (k - 1)) / math.sqrt(weight)
        assert math.isinf(alpha)
        return float(k - 1)

    def award(self, loss, net, factor=1.0):
        """Cents."""
        if not self.eligible(loss, net):
            return 0
        low, high = self.bounds(loss)
        if self.all_at_caps:
            return high * self.unit
        while low < high:
            middle = (low + high + 1) // 2
            if self.level(middle, loss, net, factor) <= self.margin * (1 + 1e-13):
                low = middle
            else:
                high = middle - 1
        return low * self.unit
