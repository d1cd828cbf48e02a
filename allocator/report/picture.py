"""A matplotlib figure that a notebook shows, with no pyplot state behind it."""

import io

from matplotlib.figure import Figure

__all__ = ["Picture"]


class Picture(Figure):
    """A figure that shows itself as SVG, on a white ground, and the same bytes each time.

    Examples
    --------
    >>> Picture()._repr_svg_()[:5]
    '<?xml'
    """

    def _repr_svg_(self) -> str:
        from matplotlib import rc_context

        file = io.StringIO()
        with rc_context({"svg.hashsalt": "allocator", "svg.fonttype": "path"}):
            self.savefig(file, format="svg", facecolor="white", metadata={"Date": None})
        return file.getvalue()
