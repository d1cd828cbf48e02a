"""`explore`: a panel in a notebook that shows at once what a change of policy does."""

from __future__ import annotations

import os
from typing import Any

from allocator.allocation.stages import Stages
from allocator.errors import AllocatorError, UnsupportedError
from allocator.money import format_cents
from allocator.policy.schema import Policy
from allocator.report.explore_page import page
from allocator.report.latest import Latest
from allocator.scenarios.scenario_figures import ScenarioFigures, scenario_figures
from allocator.scenarios.shared import SharedUsers, load_for

__all__ = ["Explorer", "explore"]

ALPHAS = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, float("inf"))


def explore(users: object, policy: Policy | str | os.PathLike[str] | None = None) -> Explorer:
    """Show a panel of sliders for budget, bounds, alpha, exponents and thresholds.

    Parameters
    ----------
    users : path, UsersTable, data frame or Arrow table
        Read and checked once.
    policy : Policy, preset name, path of a policy file, or None
        Where the sliders start, and what changes are compared with; the announced one when None.

    Returns
    -------
    Explorer
        The last line of a cell shows it.

    Raises
    ------
    DataError
    PolicyError
    UnsupportedError
        If ipywidgets is not installed, or the policy is one that sweeps cannot change.

    Examples
    --------
    >>> import allocator as al
    >>> users = al.simulate_users(1000, seed=7)
    >>> panel = explore(users, al.Policy.default().replace(budget="50000.00"))
    >>> panel.controls["alpha"].value = 2.0
    >>> panel.settled()
    True
    >>> panel.policy.objective.alpha
    2.0
    """
    return Explorer(users, Policy.named(policy))


class Explorer:
    """The panel: controls on the left, totals, a table and a picture on the right.

    A change asks for new figures on another thread and returns at once; while a slider is
    dragged only its last place is computed.

    Attributes
    ----------
    controls : dict of str to widget
        By policy key without its section.
    policy : Policy
        As the controls stand, when they last made sense.
    """

    def __init__(self, users: object, policy: Policy) -> None:
        self._widgets = _ipywidgets()
        self.base = self.policy = policy
        self._shared = SharedUsers(load_for(users, [policy], Stages()), [policy])
        self._before = self._figures(policy)
        self.controls = self._make_controls()
        self._shown = self._widgets.HTML(page(policy, self._before, policy, self._before))
        self._worker: Latest[Policy] = Latest(self._answer)
        for control in self.controls.values():
            control.observe(self._changed, names="value")
        again = self._widgets.Button(description="as it was", tooltip="all controls back")
        again.on_click(lambda _: self.reset())
        left = self._widgets.VBox([*self.controls.values(), again])
        self.widget = self._widgets.HBox([left, self._shown])

    def settled(self, timeout: float = 30.0) -> bool:
        """Wait until what is shown is what the controls say; whether that was in time."""
        return self._worker.wait(timeout)

    def reset(self) -> None:
        """Put all controls back to the policy that the panel was made with."""
        for name, value in self._values(self.base).items():
            self.controls[name].value = value

    @property
    def html(self) -> str:
        """What the panel shows at present."""
        return str(self._shown.value)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        return self.widget._repr_mimebundle_(**kwargs)

    def _values(self, policy: Policy) -> dict[str, Any]:
        return {
            "budget": float(policy.award.budget),
            "minimum": float(policy.award.minimum),
            "maximum": float(policy.award.maximum),
            "alpha": float(policy.objective.alpha),
            "loss_exponent": float(policy.weights.loss_exponent),
            "ratio_exponent": float(policy.weights.ratio_exponent),
            "min_loss": float(policy.eligibility.min_loss),
            "min_loss_ratio": float(policy.eligibility.min_loss_ratio.rstrip("%"))
            / (100.0 if policy.eligibility.min_loss_ratio.endswith("%") else 1.0),
        }

    def _make_controls(self) -> dict[str, Any]:
        w, start = self._widgets, self._values(self.base)
        wide = w.Layout(width="22em")
        style = {"description_width": "9em"}
        common: dict[str, Any] = {"layout": wide, "style": style, "continuous_update": False}

        def slider(name: str, words: str, top: float, step: float, least: float = 0.0) -> Any:
            return w.FloatSlider(
                value=start[name],
                min=min(least, start[name]),
                max=max(top, 2.0 * start[name]),
                step=step,
                description=words,
                readout_format=",.2f",
                **common,
            )

        alphas = sorted({*ALPHAS, start["alpha"]})
        cent = float(self.base.award.unit)
        return {
            "budget": slider("budget", "budget, $", 2.0 * start["budget"], cent, cent),
            "minimum": slider("minimum", "minimum, $", 100.0, max(cent, 0.5)),
            "maximum": slider("maximum", "maximum, $", 20_000.0, max(cent, 50.0), cent),
            "alpha": w.SelectionSlider(
                value=start["alpha"],
                options=[(f"{a:g}", a) for a in alphas],
                description="alpha",
                **common,
            ),
            "loss_exponent": slider("loss_exponent", "loss exponent", 2.0, 0.05),
            "ratio_exponent": slider("ratio_exponent", "ratio exponent", 2.0, 0.05),
            "min_loss": slider("min_loss", "smallest loss, $", 500.0, 5.0),
            "min_loss_ratio": slider("min_loss_ratio", "smallest loss ratio", 1.0, 0.01),
        }

    def _changed(self, _: object) -> None:
        try:
            policy = self._asked()
        except AllocatorError as error:
            self._shown.value = page(self.base, self._before, self.base, None, str(error))
            return
        self._worker.ask(policy)

    def _asked(self) -> Policy:
        """Return the policy that the controls state: only what differs from the base is set."""
        start = self._values(self.base)
        money = ("budget", "minimum", "maximum", "min_loss")
        changes: dict[str, Any] = {}
        for name, control in self.controls.items():
            if control.value != start[name]:
                value = control.value
                changes[name] = (
                    f"{value:.2f}"
                    if name in money
                    else f"{value:.4f}"
                    if name == "min_loss_ratio"
                    else round(value, 6)
                )
        return self.base.replace(**changes) if changes else self.base

    def _answer(self, policy: Policy) -> None:
        try:
            figures = self._figures(policy)
        except AllocatorError as error:
            self._shown.value = page(self.base, self._before, policy, None, str(error))
            return
        self.policy = policy
        self._shown.value = page(self.base, self._before, policy, figures)

    def _figures(self, policy: Policy) -> ScenarioFigures:
        return scenario_figures(self._shared.solve(policy))

    def __repr__(self) -> str:
        total = self._before.total_cents
        spent = "" if total is None else f", {format_cents(total)}"
        return f"Explorer({self.base.name!r}{spent})"


def _ipywidgets() -> Any:
    try:
        import ipywidgets
    except ImportError:
        raise UnsupportedError(
            "the panel needs ipywidgets, which is not installed: "
            "pip install 'fair-allocator[notebook]'"
        ) from None
    return ipywidgets
