"""What axe-core finds on an open page that stands in somebody's way."""

from typing import Any

from playwright.sync_api import Page

from docs.render.vendor import node_modules

PICTURES = (".plot", ".widget", ".panel__plot")
"""What is drawn in there is a picture with a name."""
FOUND = """async ([only, without, options]) => {
  const taken = [];
  const take = (part) => {
    const place = document.createComment('');
    part.replaceWith(place);
    taken.push([part, place]);
  };
  let part = only && document.querySelector(only);
  for (; part && !part.matches('article'); part = part.parentElement)
    for (const beside of [...part.parentElement.children]) if (beside !== part) take(beside);
  for (const part of document.querySelectorAll(without)) if (part.isConnected) take(part);
  try {
    const { violations } =
      await axe.run(document, { resultTypes: ['violations'], preload: false, ...options });
    return violations
      .filter(({ impact }) => ['serious', 'critical'].includes(impact))
      .map(({ id, nodes }) =>
        `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
  } finally {
    for (const [part, place] of taken.reverse()) place.replaceWith(part);
  }
}"""
"""What is not looked at is taken off the page meanwhile: axe-core reckons with all that is there,
which takes most of its time."""


def violations(page: Page, only: str | None = None, **options: Any) -> list[str]:
    """What axe-core calls serious or worse, with the elements concerned.

    Args:
        page: is left as it was.
        only: selects the one element of the article that is looked at, as if it stood there alone.
        options: of `axe.run`.
    """
    # Not as an element of the page, whose policy would stop it.
    if not page.evaluate("'axe' in window"):
        axe = node_modules(development=True) / "axe-core" / "axe.min.js"
        page.evaluate(axe.read_text("utf-8"))
    return page.evaluate(FOUND, [only, ", ".join(PICTURES), options])
