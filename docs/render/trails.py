"""Trails on a page: from a number to its record, from a claim to what argues it, and back.

Nothing of this is typed. A number is named in prose and recorded by a cell; a claim is argued where
a cell asks for it by name, `findings["name"]`, or records a number of the same name.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from bs4 import BeautifulSoup, Tag

WORDS = re.compile(r"""(["'])([a-z][a-z0-9_]*)\1""")
"""Strings of code that may be names of claims."""


def tie_numbers(soup: BeautifulSoup) -> None:
    """Link records back to where the prose first names them.

    A number whose cell is not shown is no link.
    """
    rows = {str(row["id"]): row for row in soup.select("dl.numbers > [id]")}
    for link in soup.select("a.number[href^='#'], a.fact[href^='#']"):
        row = rows.get(str(link["href"])[1:])
        if row is None:
            del link["href"]
        elif row.dt and not row.dt.a:
            link["id"] = str(row["id"]).replace("number-", "use-", 1)
            name = row.dt.extract()
            back = soup.new_tag("a", attrs={"href": f"#{link['id']}", "title": "in the text"})
            back.extend(list(name.contents))
            name.append(back)
            row.insert(0, name)


class _Part(NamedTuple):
    """What one cell shows, or a part of it, where it stands on its page."""

    place: int
    section: Tag | None
    """The heading above it; None before the first."""
    element: Tag


def tie_claims(soup: BeautifulSoup, evidence: str | None) -> list[str]:
    """Link the rows of claims to the sections and figures that argue them, and sections back.

    Of a claim that no cell asks for by its name, the section is the one its table stands in.

    Args:
        soup: a page, whose notebook has become prose, code and outputs.
        evidence: where the page of all claims has the row of one of them, all but the name that
            ends it; None if there is no such page.

    Returns:
        The claims that nothing argues, and whose table stands in no section.
    """
    notebook = soup.select_one(".notebook")
    rows = soup.select("table.claims tr[id^=claim-]")
    if notebook is None or not rows:
        return []
    parts = list(_parts(notebook))
    asked = [(part, set(_names(part.element))) for part in parts]
    homes = {id(row): part for part in parts for row in part.element.select("tr[id^=claim-]")}
    alone: list[str] = []
    argued: dict[int, list[Tag]] = {}
    for row in rows:
        name, home = str(row["id"]).removeprefix("claim-"), homes[id(row)]
        places = {id(part.section): part for part, names in reversed(asked) if name in names}
        found = [part for part in reversed(places.values()) if part.section is not None]
        links: list[Tag] = []
        for part in found or [home]:
            if part.section is None:
                alone.append(name)
                continue
            links.append(_link(soup, part.section, _called(part.section)))
            if found and (figure := _nearest_figure(part, parts)):
                number = str(figure["id"]).removeprefix("figure-")
                links.append(_link(soup, figure, f"figure {number}"))
            if part.section is not home.section:
                argued.setdefault(id(part.section), []).append(row)
        if evidence is not None:
            links.append(soup.new_tag("a", attrs={"href": evidence + name}, string="Evidence page"))
        where = soup.new_tag("small", attrs={"class": "claim__argued"})
        where.extend(_listed(links))
        row.select("td")[0].append(where)
    for rest in soup.select("details.claims-rest"):
        more = rest.summary.get_text() if rest.summary else ""
        words = f"{more}: they stand on the Evidence page of the site."
        rest.insert_after(soup.new_tag("p", attrs={"class": "claims-on-paper"}, string=words))
    for section in {id(part.section): part.section for part in parts}.values():
        if section is not None and (claims := argued.get(id(section))):
            section.insert_after(_back(soup, claims))
    return alone


def _parts(notebook: Tag) -> Iterator[_Part]:
    section = None
    for place, element in enumerate(notebook.find_all(True, recursive=False)):
        yield _Part(place, section, element)
        for heading in element.select("h2[id]"):
            section = heading


def _names(element: Tag) -> Iterator[str]:
    """Strings in the code of a cell."""
    if element.name == "details" or "highlight" in element.get_attribute_list("class"):
        for found in WORDS.finditer(element.get_text()):
            yield found[2]


def _nearest_figure(part: _Part, parts: list[_Part]) -> Tag | None:
    """The figure of the same section that is nearest; the later of two as near."""
    same = [other for other in parts if other.section is part.section]
    near = sorted(same, key=lambda other: (abs(other.place - part.place), -other.place))
    figures = (other.element.select_one("figure[id]") for other in near)
    return next((figure for figure in figures if figure is not None), None)


def _called(heading: Tag) -> str:
    """What a link calls a section: by its number, where it has one.

    >>> soup = BeautifulSoup("<h2>4. Who copies what</h2><h2>Limits</h2>", "html.parser")
    >>> [_called(heading) for heading in soup.find_all("h2")]
    ['section 4', '“Limits”']
    """
    title = heading.get_text().strip()
    number = re.match(r"(\d+)\.\s", title)
    return f"section {number[1]}" if number else f"\u201c{title}\u201d"


def _back(soup: BeautifulSoup, rows: list[Tag]) -> Tag:
    """What a section says of its claims."""
    line = soup.new_tag("p", attrs={"class": "argues", "data-search-exclude": ""})
    links = [
        _link(soup, row, str(row["id"]).removeprefix("claim-").replace("_", " ")) for row in rows
    ]
    for link, row in zip(links, rows, strict=True):
        # The sentence stands first in its cell.
        link["title"] = next(row.select("td")[0].strings).strip()
    line.extend(["Claims: ", *_listed(links)])
    return line


def _listed(links: list[Tag]) -> list[Tag | str]:
    return [part for number, link in enumerate(links) for part in (", " * (number > 0), link)]


def _link(soup: BeautifulSoup, target: Tag, text: str) -> Tag:
    return soup.new_tag("a", attrs={"href": f"#{target['id']}"}, string=text)
