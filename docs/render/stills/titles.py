"""What stands above the panels of a figure, which plotly has among its notes."""

from typing import Any


def is_title(note: dict[str, Any]) -> bool:
    """Whether a note stands above a whole panel, not at a place in it."""
    return note.get("xref", "").endswith(" domain") and note.get("yref", "").endswith(" domain")


def panel_titles(layout: dict[str, Any]) -> dict[str, str]:
    """The title of each panel that has one, by the name of its horizontal axis: `x`, `x2`, ..."""
    return {
        note["xref"].partition(" ")[0]: note["text"]
        for note in layout.get("annotations", [])
        if is_title(note)
    }
