"""`explore`: a panel in a notebook that shows at once what a change of policy does."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from allocator.allocation.pipeline import Loaded, load, run
from allocator.allocation.stages import Stages
from allocator.data.columns import NET_ASSETS
from allocator.data.table import read_users
from allocator.errors import AllocatorError, MissingPackageError, install
from allocator.policy.schema import Policy
from allocator.report.cards import summary_card
from allocator.report.explore_controls import Control, changes, controls
from allocator.report.explore_page import alert, page
from allocator.report.latest import Latest

__all__ = ["Explorer", "explore"]

WORKING = '<div role="status" style="opacity:.75">working …</div>'
LONGEST_NAME = 100  # characters of a policy's name
CHANGED = ", changed"


def explore(users: object, policy: Policy | str | os.PathLike[str] | None = None) -> Explorer:
    """Show a panel of sliders for budget, bounds, alpha, exponents and thresholds.

    A slider asks for new figures on another thread and never waits for them; while it is dragged,
    only its last place is computed. Each is a full allocation, verified like any other. Numbers
    beside sliders can be typed over; alpha has some usual values, and the policy's own. Controls
    that do nothing under the policy are left out.

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
        If the users are bad.
    PolicyError
        If the policy cannot be read.
    InfeasibleError
        If it cannot be paid.
    MissingPackageError
        If ipywidgets is not installed; with the command that installs it.

    Examples
    --------
    >>> import allocator as al
    >>> users = al.simulate_users(1000, seed=7)
    >>> panel = explore(users, al.Policy.default().replace(budget="50000.00"))
    >>> panel.controls["objective.alpha"].value = 2.0
    >>> panel.settled()
    True
    >>> panel.policy.objective.alpha, panel.result.certificate.spent_cents
    (2.0, 5000000)
    """
    return Explorer(users, Policy.named(policy))


class Explorer:
    """The panel: controls on the left; totals, tables and a picture on the right.

    Attributes
    ----------
    controls : dict of str to widget
        By policy key, such as ``award.budget``.
    start : Allocation
        What changes are compared with.
    policy : Policy
        The last one that the controls stated and that could be paid.
    result : Allocation
        Of that policy.
    """

    def __init__(self, users: object, policy: Policy) -> None:
        self._widgets = _ipywidgets()
        self._loaded, ratio = _loaded(users, policy)
        self.start = self.result = run(self._loaded, policy, Stages())
        self._controls = controls(policy, ratio=ratio)
        self.controls = {each.key: self._widget(each) for each in self._controls}
        self._body = self._widgets.HTML(page(self.start, self.start))
        self._told = self._widgets.HTML()
        self._worker: Latest[Mapping[str, object]] = Latest(self._answer)
        for control in self.controls.values():
            control.observe(self._changed, names="value")
        self.widget = self._layout()

    @property
    def policy(self) -> Policy:
        """The last policy that the controls stated and that could be paid."""
        return self.result.policy

    @property
    def html(self) -> str:
        """What the panel shows at present."""
        return f"{self._told.value}{self._body.value}"

    def settled(self, timeout: float = 30.0) -> bool:
        """Wait until what is shown is what the controls say; tell whether that was in time.

        Parameters
        ----------
        timeout : float
            Seconds.
        """
        return self._worker.wait(timeout)

    def reset(self) -> None:
        """Put all controls back to the policy that the panel was made with."""
        for each in self._controls:
            self.controls[each.key].value = each.value

    def __repr__(self) -> str:
        return f"Explorer({self.start.policy.name!r}, {len(self.start):,} users)"

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        shown: dict[str, Any] = self.widget._repr_mimebundle_(**kwargs)
        # For where there are no widgets, such as a notebook on a web page.
        return {**shown, "text/plain": repr(self), "text/html": summary_card(self.result.summary())}

    def _changed(self, _: object) -> None:
        self._worker.ask({key: control.value for key, control in self.controls.items()})

    def _answer(self, values: Mapping[str, object]) -> None:
        """Show what the controls state; runs on the worker's thread, one at a time."""
        self._told.value = WORKING
        told = ""
        try:
            result = run(self._loaded, self._stated(values), Stages())
            self._body.value = page(self.start, result)
            self.result = result
        except AllocatorError as error:
            told = alert(str(error))
        except Exception as error:  # the thread tells it; the panel must not look as if it fit
            told = alert(f"{type(error).__name__}: {error}. Please report it.")
            raise
        finally:
            self._told.value = told

    def _stated(self, values: Mapping[str, object]) -> Policy:
        policy = self.start.policy
        found = changes(self._controls, values)
        if not found:
            return policy
        return policy.replace(
            {**found, "name": policy.name[: LONGEST_NAME - len(CHANGED)] + CHANGED}
        )

    def _widget(self, control: Control) -> Any:
        w = self._widgets
        common: dict[str, Any] = {
            "value": control.value,
            "description": control.words,
            "continuous_update": False,
            "layout": w.Layout(width="25em"),
            "style": {"description_width": "9.5em"},
        }
        if control.options:
            return w.SelectionSlider(options=list(control.options), **common)
        low, high, step = control.low, control.high, control.step
        shown = {"readout_format": control.readout}
        return w.FloatSlider(min=low, max=high, step=step, **shown, **common)

    def _layout(self) -> Any:
        w = self._widgets
        again = w.Button(description="Start over", tooltip="Put all controls back")
        again.on_click(lambda _: self.reset())
        left = w.VBox([*self.controls.values(), again])
        right = w.VBox([self._told, self._body], layout=w.Layout(max_width="48em"))
        return w.HBox([left, right], layout=w.Layout(flex_flow="row wrap", grid_gap="0 1.5em"))


def _loaded(users: object, policy: Policy) -> tuple[Loaded, bool]:
    """Read users once, with net assets if there are any; tell whether ratios are known."""
    table = read_users(users)
    ratio = policy.needs_net_assets
    needed = [policy]
    if not ratio and policy.columns.get(NET_ASSETS, NET_ASSETS) in table.table.column_names:
        ratio = True
        needed.append(policy.replace({"eligibility.min_loss_ratio": "0.01"}))
    return load(table, needed, Stages()), ratio


def _ipywidgets() -> Any:
    try:
        return import_module("ipywidgets")
    except ImportError:
        raise MissingPackageError(
            f"explore needs ipywidgets, which is not installed: {install('notebook')}"
        ) from None
