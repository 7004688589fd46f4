"""What the site serves so that models run in its pages."""

from pathlib import Path

import pytest

from docs.render import live
from models.card import slugs


def test_of_open_problems_no_explanation_is_served(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("live/engine.js", "live/panel.css", "live/tsconfig.json", "live/tests/a.test.js"):
        touch(tmp_path / name)
    for slug in ("shut", "open"):
        touch(tmp_path / "models" / slug / "task.js")
        touch(tmp_path / "analyses" / slug / "explanation.js")
    touch(tmp_path / "models" / "bare" / "card.json")
    monkeypatch.setattr(live, "LIVE", tmp_path / "live")
    monkeypatch.setattr(live, "MODELS", tmp_path / "models")
    monkeypatch.setattr(live, "EXPLAINED", tmp_path / "analyses")
    states = {"shut": "solved", "open": "open", "bare": "solved"}
    assert live.scripts(states).keys() == {
        "engine.js",
        "panel.css",
        "tasks/shut.js",
        "tasks/open.js",
        "explanations/shut.js",
    }


def test_comments_of_scripts_are_not_served() -> None:
    script = """// Sums.

/**
 * Adds.
 *
 * @param {number} a of * or / one.
 */
export function add(a, b) {
  // A reason.
  const address = "https://example.org/**/"; // stays
  return a + b; /* stays */
}
"""
    assert (
        live.without_comments(script)
        == """
export function add(a, b) {
  const address = "https://example.org/**/"; // stays
  return a + b; /* stays */
}
"""
    )


@pytest.mark.every_month
def test_no_text_in_a_script_could_be_taken_for_a_comment() -> None:
    """A text that goes over several lines could have a line that looks like one."""
    scripts = live.scripts({slug: "solved" for slug in slugs()})
    lines = [
        line
        for name, path in scripts.items()
        if name.endswith(".js")
        for line in live.without_comments(path.read_text("utf-8")).splitlines()
    ]
    assert len(lines) > 1000
    assert [line for line in lines if line.count("`") % 2] == []


def touch(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
