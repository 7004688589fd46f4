"""The monthly rhythm: announcements and their feed, open problems, notebooks that travel."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_notebook

from analyses.write_ups.products import fingerprint, read_stamp, seal
from docs.render import RenderError, months, vendor
from docs.render.addresses import Addresses
from docs.render.references import resolve
from docs.render.standalone import standalone
from docs.render.start import pinned, program
from models.card import Card, slugs
from tests.few_months import keep
from tests.site.conftest import POSTS

ROOT = Path(__file__).parents[2]
SLUG = "sorted_list"
HOSTILE = '<script>alert(1)</script> <img src=x onerror="alert(1)"> $5 $x^$ **b**'
REPOSITORY = "https://code.example/group/monthly.git"
ADDRESS = "https://pages.example/monthly/"
OPEN = {"state": "open", "deadline": "2023-11-30"}
BINARY = {".safetensors", ".woff2", ".gz", ".png"}

Copy = Callable[[Callable[[Path], None]], Path]
"""Copies what the render stage reads, and lets a function change the copy."""


@pytest.fixture(scope="module")
def copy(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Copy:
    def copied(change: Callable[[Path], None]) -> Path:
        folder = tmp_path_factory.mktemp("copy")
        ignored = shutil.ignore_patterns("__pycache__")
        for name in ("docs", "models", "analyses", "build/analyses"):
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        for name in (
            "constraints.txt",
            "mkdocs.yml",
            "pyproject.toml",
            "package.json",
            "package-lock.json",
            ".npmrc",
        ):
            shutil.copy(ROOT / name, folder)
        (folder / "build" / "vendor").symlink_to(vendor.CACHE)
        change(folder)
        stamp_anew(folder)
        for command in (["init"], ["commit", "--allow-empty", "-m", "A month"]):
            who = ["-c", "user.name=A", "-c", "user.email=a@b.c"]
            subprocess.run(["git", *who, *command, "--quiet"], cwd=folder, check=True)
        return folder

    return copied


def stamp_anew(root: Path) -> None:
    """Say of the products of a copy that they were made from its files as they are."""
    for products in (root / "build" / "analyses").iterdir():
        stamp = read_stamp(products) | {"fingerprint": fingerprint(products.name, "cpu", root)}
        seal(products, stamp)


def render(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "docs.render"],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def soup(page: Path) -> BeautifulSoup:
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


@pytest.fixture(scope="module")
def published(copy: Copy) -> Path:
    """A copy with one month whose repository has an address, with a hostile submission;
    rendered.
    """

    def change(folder: Path) -> None:
        keep(folder, SLUG)
        texts = {key: f"{key} {HOSTILE}" for key in ("title", "summary", "format")}
        judging = {"event": "E", "n": 2, "median": 3, "ratings": {"Novelty": 4.5}}
        given = {"authors": [HOSTILE], "date": "2023-10", "judging": judging, **texts}
        given["judging"]["feedback"] = [f"feedback {HOSTILE}"]
        path = folder / "docs" / "problems" / SLUG / "submissions" / "mallory.yaml"
        path.write_text(yaml.safe_dump(given), encoding="utf-8")

    folder = copy(change)
    done = render(folder, REPOSITORY_URL=REPOSITORY, SITE_URL=ADDRESS)
    assert done.returncode == 0, done.stderr
    return folder


def make_open(folder: Path) -> None:
    path = folder / "models" / SLUG / "card.json"
    card = json.loads(path.read_text())
    path.write_text(json.dumps(card | OPEN))


@pytest.fixture(scope="module")
def still_open(copy: Copy) -> Path:
    """The site of a copy in which there is one problem, open, and nothing announces its end."""

    def change(folder: Path) -> None:
        keep(folder, SLUG)
        make_open(folder)
        for post in (folder / "docs" / "announcements" / "posts").glob("*.md"):
            post.unlink()

    folder = copy(change)
    done = render(folder)
    assert done.returncode == 0, done.stderr
    return folder / "site"


def tree(site: Path) -> set[str]:
    """What is published; a file of a live panel is called after what it says."""
    files = (path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file())
    return {re.sub(r"live-[0-9a-f]+\.json$", "live.json", name) for name in files}


def recorded(name: str, slug: str = SLUG) -> set[str]:
    executed = nbformat.read(months.BUILD / slug / f"{name}.ipynb", as_version=4)
    return {
        output.data["application/vnd.mim.number+json"]["name"]
        for cell in executed.cells
        for output in cell.get("outputs", [])
        if "application/vnd.mim.number+json" in output.get("data", {})
    }


def test_an_open_problem_publishes_what_a_solved_one_does_but_for_the_solution(
    site: Path, still_open: Path
) -> None:
    solution = f"problems/{SLUG}/solution/"
    others = [slug for slug in slugs() if slug != SLUG]
    theirs = [f"problems/{slug}/" for slug in others]
    theirs += [
        f"assets/live/{kind}/{slug}.js" for kind in ("tasks", "explanations") for slug in others
    ]
    solved = {name for name in tree(site) if not name.startswith(tuple(theirs))}
    explained = f"assets/live/explanations/{SLUG}.js"
    gone = {name for name in solved if name.startswith(("announcements/20", solution, explained))}
    assert explained in gone
    assert f"{solution}index.html" in gone
    gone.add(f"problems/{SLUG}/{SLUG}-solution.ipynb")
    assert solved - tree(still_open) == gone
    assert tree(still_open) - solved == set()


def test_nothing_of_an_open_problems_solution_can_be_read_anywhere(
    site: Path, still_open: Path
) -> None:
    secrets = secrets_of(SLUG)
    secrets |= {"Vlad", f"{SLUG}/solution", f"{SLUG}-solution.ipynb"}
    shown, said = texts(site), texts(still_open)
    known = {secret for secret in secrets if any(secret in text for text in shown)}
    assert len(known) > 60, "the test looks for what a solved problem shows"
    assert {secret for secret in secrets if any(secret in text for text in said)} == set()
    page = (still_open / "problems" / SLUG / "index.html").read_text(encoding="utf-8")
    assert 'href="solution' not in page and f"{SLUG}-solution.ipynb" not in page


def secrets_of(slug: str) -> set[str]:
    """What the solution of a problem says."""
    results = json.loads((months.BUILD / slug / "results.json").read_text(encoding="utf-8"))
    secrets = {claim["sentence"] for claim in results["claims"]}
    secrets |= {f"claim-{claim['name']}" for claim in results["claims"]}
    for name in recorded("solution", slug) - recorded("problem", slug):
        secrets |= {f'title="{name} = '}
    return (secrets | lines_of("solution", slug)) - lines_of("problem", slug)


def lines_of(page: str, slug: str) -> set[str]:
    """Long lines of a page's prose, and the values of the numbers it records."""
    executed = nbformat.read(months.BUILD / slug / f"{page}.ipynb", as_version=4)
    results = json.loads((months.BUILD / slug / "results.json").read_text(encoding="utf-8"))
    numbers = results["numbers"]
    values = {repr(numbers[name]["value"]) for name in recorded(page, slug) & numbers.keys()}
    return {value for value in values if len(value) > 8} | {
        line
        for cell in executed.cells
        if cell.cell_type == "markdown"
        for line in cell.source.splitlines()
        if len(line) > 40
    }


def texts(site: Path) -> list[str]:
    return [
        path.read_text(encoding="utf-8")
        for path in site.rglob("*")
        if path.is_file() and path.suffix not in BINARY and "vendor" not in path.parts
    ]


def test_an_open_problem_says_until_when_and_how_to_take_part(still_open: Path) -> None:
    for page, place in (("index.html", f"#{SLUG} "), (f"problems/{SLUG}/index.html", "")):
        state = soup(still_open / page).select_one(f"{place}.state--open")
        assert state and state.get_text() == "open until 30 November 2023"
        assert state.select_one("time[datetime='2023-11-30']")
    page = soup(still_open / "problems" / SLUG / "index.html")
    assert page.select_one(".submit a[href$='contribute/']")
    assert page.select(".hint")


def test_a_solved_problem_says_so(site: Path) -> None:
    for page in (
        "index.html",
        f"problems/{SLUG}/index.html",
        f"problems/{SLUG}/solution/index.html",
    ):
        state = soup(site / page).select_one(".state--solved")
        assert state and state.get_text() == "solved"
    assert not soup(site / "problems" / SLUG / "index.html").select(".submit")


def test_the_end_of_an_open_problem_cannot_be_announced(copy: Copy) -> None:
    def change(folder: Path) -> None:
        keep(folder, SLUG)
        make_open(folder)

    done = render(copy(change))
    assert done.returncode == 1
    assert re.search(r"posts/2023-11.md: \{\{ .* would give away a result of", done.stderr)


def october() -> months.Month:
    return next(month for month in months.read_months() if month.slug == SLUG)


def open_month() -> months.Month:
    month = october()
    card = Card.model_validate(month.card.model_dump() | OPEN)
    return months.Month(card, month.products)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ sorted_list.acuracy }}", r"p.md: sorted_list records nothing.*did you mean accuracy"),
        ("{{ sorted_lisp.accuracy }}", r"no number of a problem; .*slugs: .*sorted_list"),
        ("{{ accuracy }}", r"no number of a problem; write \{\{ slug.name \}\}"),
    ],
)
def test_an_unknown_number_stops_the_build(text: str, message: str) -> None:
    with pytest.raises(RenderError, match=message):
        resolve(text, months.read_months(), "p.md")


def test_numbers_and_problems_are_filled_in_by_name_but_not_in_code() -> None:
    known = months.read_months()
    accuracy = october().results["numbers"]["accuracy"]["value"]
    number = resolve("{{ sorted_list.accuracy }}", known, "p.md")
    assert 'href="problems/sorted_list/solution.ipynb#number-accuracy"' in number
    assert f"accuracy = {accuracy:.6g} share" in number
    number = resolve("{{ sorted_list.demo_loss }}", known, "news/p.md")
    assert 'href="../problems/sorted_list/index.ipynb#number-demo_loss"' in number
    assert "head 0.0" in resolve("{{ sorted_list.copied_ranges }}", known, "p.md")
    for code in ("`{{ name }}`", "```\n{{ name }}\n```", "``[[problem x]]``"):
        assert resolve(code, known, "p.md") == code
    assert resolve("see [[problem sorted_list]]!", known, "news/posts/p.md") == (
        'see <a href="../../problems/sorted_list/index.ipynb">Sorted List</a>!'
    )
    assert resolve("[[problem not_yet_posed]]", known, "p.md") == "Not Yet Posed"
    with pytest.raises(RenderError, match="sorted_list, which is still open"):
        resolve("{{ sorted_list.accuracy }}", [open_month()], "p.md")


def test_an_announcement_links_and_credits(site: Path) -> None:
    post = soup(site / "announcements" / "2023-11" / "index.html")
    assert post.select_one("h2 a[href='../../problems/sorted_list/']")
    best = post.select_one(".best a[href$='problems/sorted_list/solution/#submission-vlad-k']")
    assert best and "Vlad K." in post.get_text()
    assert len(post.select("a.number")) >= 5


def test_announcements_are_listed_newest_first(site: Path) -> None:
    front = soup(site / "announcements" / "index.html")
    listed = [str(link["href"]) for link in front.select(".announcements h2 a")]
    dates = {
        f"{path.stem}/": re.search(r"^date: (.+)$", path.read_text(), re.MULTILINE)[1]  # pyright: ignore
        for path in POSTS.glob("*.md")
    }
    assert sorted(listed) == sorted(dates)
    shown = [dates[post] for post in listed]
    assert shown == sorted(shown, reverse=True)
    newest = soup(site / "announcements" / listed[0] / "index.html")
    title = front.select_one(".announcements h2 a")
    assert title and title.get_text() == newest.h1.get_text()  # pyright: ignore
    # The page is called what the menu calls it.
    menu = front.select_one(".masthead__nav [aria-current]")
    assert menu and menu.get_text() == front.h1.get_text() == "News"  # pyright: ignore


def test_a_post_says_its_date_once(site: Path) -> None:
    listed = soup(site / "announcements" / "index.html").select(".announcements li")
    pages = [soup(path) for path in (site / "announcements").glob("*/index.html")]
    posts = [(page.select_one(".running-head time"), page.h1) for page in pages]
    posts += [(entry.time, entry.h2) for entry in listed]
    assert len(posts) == 2 * len(list(POSTS.glob("*.md")))
    for date, title in posts:
        assert date and title and date.get_text() not in title.get_text()


def test_the_feed_is_valid_and_its_links_are_absolute(published: Path) -> None:
    for name in ("feed_rss_created.xml", "feed_rss_updated.xml"):
        text = (published / "site" / name).read_text(encoding="utf-8")
        assert "None" not in text
        feed = ElementTree.fromstring(text)
        assert (feed.tag, feed.get("version")) == ("rss", "2.0")
        (channel,) = feed
        for required in ("title", "link", "description", "language", "lastBuildDate"):
            assert channel.findtext(required), required
        own = channel.find("{http://www.w3.org/2005/Atom}link")
        assert own is not None and own.get("href") == ADDRESS + name
        items = channel.findall("item")
        posts = list((published / "docs" / "announcements" / "posts").glob("*.md"))
        assert len(items) == len(posts) > 0
        for item in items:
            assert item.findtext("title") and item.findtext("description")
            assert parsedate_to_datetime(item.findtext("pubDate") or "").tzinfo is not None
            link = item.findtext("link") or ""
            assert link == item.findtext("guid")
            assert link.startswith(ADDRESS)
            page = published / "site" / link.removeprefix(ADDRESS)
            assert (page / "index.html").is_file()
        assert all(urlsplit(link.text or "").scheme for link in channel.iter("link"))


def test_the_feed_has_every_post(site: Path) -> None:
    for name in ("feed_rss_created.xml", "feed_rss_updated.xml"):
        feed = (site / name).read_text(encoding="utf-8")
        assert feed.count("<item>") == len(list(POSTS.glob("*.md")))


def test_every_page_names_the_feed(site: Path) -> None:
    link = soup(site / "hall-of-fame" / "index.html").select_one("link[type='application/rss+xml']")
    assert link and (site / "hall-of-fame" / str(link["href"])).resolve().is_file()


def test_a_hostile_submission_reaches_the_site_as_text_only(published: Path) -> None:
    site = published / "site"
    for page in (f"problems/{SLUG}/solution/index.html", "hall-of-fame/index.html"):
        html = soup(site / page)
        assert not html.select("[onerror], article img, .submissions script, .fame script"), page
        assert HOSTILE in html.get_text(), page
    text = soup(site / "problems" / SLUG / "solution" / "index.html").get_text()
    for part in ("title", "summary", "format", "feedback"):
        assert f"{part} {HOSTILE}" in text
    assert "3.674" in text
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    for entry in index["docs"]:
        assert "<script" not in entry["title"] + entry["text"]
        assert (
            'onerror="' not in re.sub(r"&[^;]+;", "", entry["text"]) or "<img" not in entry["text"]
        )
    assert not [name for name in tree(site) if name.endswith(".yaml")]


def first_cell(folder: Path) -> NotebookNode:
    path = folder / "site" / "problems" / SLUG / f"{SLUG}-solution.ipynb"
    return nbformat.read(path, as_version=4).cells[0]


def test_the_downloaded_notebook_is_the_executed_one_with_a_cell_more(site: Path) -> None:
    for name in ("problem", "solution"):
        path = site / "problems" / SLUG / f"{SLUG}-{name}.ipynb"
        offered = nbformat.read(path, as_version=4)
        nbformat.validate(offered)
        executed = nbformat.read(months.BUILD / SLUG / f"{name}.ipynb", as_version=4)
        assert offered.cells[1:] == executed.cells
        assert offered.metadata == executed.metadata
        assert offered.cells[0].cell_type == "code"


def execute(cell: NotebookNode, folder: Path, **environment: str) -> Any:
    code = f"{cell.source}\nimport models\nprint('MODELS', models.__file__)"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_first_cell_fetches_what_the_notebook_needs(published: Path, tmp_path: Path) -> None:
    """Git and pip are stand-ins: one makes a folder, both write down what they were asked."""
    programs, log, work = tmp_path / "programs", tmp_path / "log", tmp_path / "elsewhere"
    work.mkdir()
    (programs / "pip").mkdir(parents=True)
    (programs / "pip" / "__init__.py").touch()
    (programs / "pip" / "__main__.py").write_text(
        f"import sys; print('pip', *sys.argv[1:], file=open({str(log)!r}, 'a'))"
    )
    git = programs / "git"
    git.write_text(
        f'#!/bin/sh\necho git "$@" >> {log}\n'
        '[ "$1" = clone ] && mkdir -p "$4/models" && touch "$4/models/__init__.py"\nexit 0\n'
    )
    git.chmod(0o755)
    path = os.pathsep.join([str(programs), os.environ["PATH"]])
    for _ in range(2):
        done = execute(first_cell(published), work, PATH=path, PYTHONPATH=str(programs))
        assert f"MODELS {work}/monthly/models/__init__.py" in done.stdout, done.stderr
    asked = log.read_text().splitlines()
    head = ["git", "rev-parse", "HEAD"]
    commit = subprocess.run(head, cwd=published, capture_output=True, text=True, check=True).stdout
    assert asked[0] == f"git clone --quiet {REPOSITORY} {work}/monthly"
    assert asked[1] == f"git -C {work}/monthly checkout --quiet {commit.strip()}"
    assert asked[2].startswith(f"pip install --quiet --constraint {work}/monthly/constraints.txt")
    assert {"torch", "transformer-lens", "safetensors"} <= set(asked[2].split())
    assert not {"ipykernel", "ipython"} & set(asked[2].split()), "they run the cell"
    assert sum(line.startswith("git clone") for line in asked) == 1, "the second time it is there"


def test_the_first_cell_does_nothing_in_a_clone(published: Path) -> None:
    done = execute(first_cell(published), ROOT, PATH="")
    assert done.stdout == f"MODELS {ROOT}/models/__init__.py\n", done.stderr


@pytest.mark.parametrize(
    ("addresses", "said"),
    [
        (Addresses(commit="abc"), "whoever publishes the page can say"),
        (Addresses(site=ADDRESS), f"whoever publishes the page, {ADDRESS}problems/a/, can say"),
        (Addresses(repository=REPOSITORY), f"To get one: git clone {REPOSITORY}"),
    ],
    ids=["nothing", "the site", "no commit"],
)
def test_a_notebook_that_cannot_fetch_says_what_to_do_instead(
    tmp_path: Path, addresses: Addresses, said: str
) -> None:
    notebook = new_notebook(cells=[new_markdown_cell("a")])
    first = standalone(notebook, "problems/a/a-start.ipynb", addresses).cells[0]
    (tmp_path / "first.py").write_text(f"{first.source}\nprint('went on')")
    done = subprocess.run(
        [sys.executable, "-I", "-m", "IPython", "--no-banner", "--colors=NoColor", "first.py"],
        cwd=tmp_path,
        env={"IPYTHONDIR": str(tmp_path / "ipython")},
        capture_output=True,
        text=True,
    )
    shown = " ".join((done.stdout + done.stderr).split())
    assert said in shown
    assert "Without a clone: a-start.ipynb" in shown
    assert "Traceback" not in shown and "went on" not in shown
    assert execute(first, ROOT, PATH="").stdout == f"MODELS {ROOT}/models/__init__.py\n"


def started(page: BeautifulSoup) -> list[str]:
    """The blocks of code below "Load it", as they are copied."""
    heading = page.find("h2", string="Load it")
    assert heading
    return [block.get_text() for block in heading.find_all_next("pre")[:4]]


@pytest.mark.every_month
def test_a_problem_page_starts_whoever_has_no_clone(site: Path) -> None:
    for month in months.read_months():
        folder = site / "problems" / month.slug
        page = soup(folder / "index.html")
        install, code, in_clone, *_ = started(page)
        assert install == f"python -m pip install {' '.join(pinned())}"
        assert code.rstrip() == "\n".join(program(month.card, month.task)).rstrip()
        assert f'load("{month.slug}")' in in_clone
        assert not page.find("a", string="open it in Colab")
        offered = {str(link["href"]) for link in page.select("article a[download]")}
        names = {*(file.path.name for file in month.downloads), f"{month.slug}-start.ipynb"}
        assert {name.removeprefix("./") for name in offered} >= names
        assert all((folder / name).is_file() for name in names)
        notebook = nbformat.read(folder / f"{month.slug}-start.ipynb", as_version=4)
        assert "address = None" in notebook.cells[1].source


def test_where_site_and_repository_have_addresses_they_are_used(published: Path) -> None:
    folder = published / "site" / "problems" / SLUG
    page = soup(folder / "index.html")
    *_, clone, in_clone = started(page)
    assert clone.splitlines()[:2] == [f"git clone {REPOSITORY}", "cd monthly"]
    assert f'load("{SLUG}")' in in_clone
    link = page.find("a", string="open it in Colab")
    assert link and str(link["href"]).endswith(  # pyright: ignore
        f"/group/monthly/blob/gh-pages/latest/problems/{SLUG}/{SLUG}-start.ipynb"
    )
    notebook = nbformat.read(folder / f"{SLUG}-start.ipynb", as_version=4)
    assert f"address = '{ADDRESS}problems/{SLUG}/'" in notebook.cells[1].source


def test_colab_is_offered_where_the_repository_has_an_address(site: Path, published: Path) -> None:
    page = Path("problems") / SLUG / "solution" / "index.html"
    assert "colab" not in (site / page).read_text(encoding="utf-8")
    link = soup(published / "site" / page).find("a", string="open in Colab")
    assert link and str(link["href"]).endswith(  # pyright: ignore
        f"/group/monthly/blob/gh-pages/latest/problems/{SLUG}/{SLUG}-solution.ipynb"
    )
