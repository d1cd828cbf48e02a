"""A matplotlib figure that a notebook shows, with no pyplot state behind it."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, Sequence
from typing import IO, Any, Literal
from xml.sax.saxutils import escape

from matplotlib import rc_context
from matplotlib.figure import Figure

__all__ = ["Picture"]

# Makes the same figure the same bytes, and text look the same wherever it is opened.
_STABLE: dict[Any, Any] = {"svg.hashsalt": "allocator", "svg.fonttype": "path"}


class Picture(Figure):
    """A figure that shows itself as SVG, on a white ground, and the same bytes each time.

    Attributes
    ----------
    finding : str
        Its title: what it shows, in a sentence.
    alt : str
        What it looks like, for those who cannot see it.
    data : tuple of dict
        The numbers that are drawn.

    Examples
    --------
    >>> Picture()._repr_svg_()[:5]
    '<?xml'
    """

    finding: str = ""
    alt: str = ""
    data: Sequence[Mapping[str, Any]] = ()

    def savefig(
        self,
        fname: str | os.PathLike[str] | IO[Any],
        *,
        transparent: bool | None = None,
        **kwargs: Any,
    ) -> None:
        """Save as matplotlib does, with the finding and the alternative text inside."""
        kind = kwargs.get("format") or os.path.splitext(str(fname))[1].lstrip(".").lower()
        told = {"Title": self.finding, "Description": self.alt} if self.alt else {}
        if kind == "svg":
            text = io.StringIO()
            kwargs |= {"format": "svg", "metadata": {**told, **kwargs.get("metadata", {})}}
            super().savefig(text, transparent=transparent, **kwargs)
            _write(fname, self._described(text.getvalue()))
            return
        if kind == "png":
            kwargs["metadata"] = {**told, **kwargs.get("metadata", {})}
        super().savefig(fname, transparent=transparent, **kwargs)

    def _described(self, svg: str) -> str:
        """Put the alternative text where screen readers look for it."""
        if not self.alt:
            return svg
        return svg.replace("</title>", f"</title>\n <desc>{escape(self.alt)}</desc>", 1)

    def encoded(self, kind: Literal["png", "svg"], *, dpi: int = 100) -> bytes:
        """Return it as a PNG or SVG file on a white ground; the same bytes each time."""
        file = io.BytesIO()
        told = {"Date": None} if kind == "svg" else {}
        with rc_context(_STABLE):
            self.savefig(file, format=kind, facecolor="white", dpi=dpi, metadata=told)
        return file.getvalue()

    def _repr_svg_(self) -> str:
        return self.encoded("svg").decode("utf-8")


def _write(file: str | os.PathLike[str] | IO[Any], text: str) -> None:
    if isinstance(file, (str, os.PathLike)):
        with open(file, "w", encoding="utf-8") as opened:
            opened.write(text)
    elif isinstance(file, io.TextIOBase):
        file.write(text)
    else:
        file.write(text.encode("utf-8"))
