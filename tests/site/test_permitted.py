"""What a page may hold, and what Markdown pages say of themselves."""

import doctest
from pathlib import Path

import pytest
from mkdocs.structure.files import File, Files

from analyses.write_ups.strips import strip
from docs.render import RenderError, visible
from docs.render.permitted import permitted
from docs.render.places import check_front, check_places
from docs.render.policy import policy
from docs.render.tidy import tidy
from docs.render.visible import visible as seen
from tests.analyses.records import finding

POST = {
    "title": "A problem opens",
    "description": "What it asks.",
    "date": "2024-01-01",
    "slug": "2024-01",
}


@pytest.mark.parametrize(
    ("html", "named"),
    [
        ("<script>f()</script>", "<script>"),
        ("<ScRiPt src=x></sCrIpT>", "<script>"),
        ("<p>a <img src=x onerror=f()></p>", '<img onerror="f()">'),
        ('<iframe src="https://example.org"></iframe>', "<iframe>"),
        ('<base href="https://example.org/">', "<base>"),
        ('<meta http-equiv="refresh" content="0; url=https://example.org">', "<meta>"),
        ('<form action="https://example.org"></form>', '<form action="https://example.org">'),
        ('<button formaction="https://example.org">x</button>', "<button>"),
        ('<input type="password">', '<input type="password">'),
        ("<style>body { display: none }</style>", "<style>"),
        ('<div style="position:fixed">x</div>', '<div style="position:fixed">'),
        ('<link rel="stylesheet" href="https://example.org/x.css">', "<link>"),
        ("<object data=x></object><embed src=x>", "<object>"),
        ('<a href="javascript:f()">x</a>', '<a href="javascript:f()">'),
        ('<a href=" jav&#x09;ascript:f()">x</a>', "<a href="),
        ('<a href="data:text/html,x">x</a>', '<a href="data:text/html,x">'),
        ('<img src="//example.org/x.png">', '<img src="//example.org/x.png">'),
        ('<img src="/\\example.org/x.png">', "<img src="),
        ('<img src="data:image/svg+xml;base64,AAAA">', "<img src="),
        ('<q cite="javascript:f()">x</q>', '<q cite="javascript:f()">'),
        ("<svg onload=f()></svg>", '<svg onload="f()">'),
        ("<svg><script>f()</script></svg>", "<script>"),
        ("<svg><style>* { fill: red }</style></svg>", "<style>"),
        ('<svg><a xlink:href="javascript:f()"><path d="M0"/></a></svg>', "<a xlink:href="),
        ('<svg><use href="https://example.org/x.svg#y"/></svg>', "<use>"),
        ('<svg><path fill="url(https://example.org/x)"/></svg>', "<path fill="),
        ('<svg><path fill="u\\72l(https://example.org/x)"/></svg>', "<path fill="),
        ("<svg><foreignObject><p>x</p></foreignObject></svg>", "<foreignobject>"),
        ("<math><mtext><script>f()</script></mtext></math>", "<script>"),
        ('<div id="__config">{"base": "https://example.org"}</div>', '<div id="__config">'),
        ('<div data-plotly="https://example.org/figure-1-ab.json"></div>', "<div data-plotly="),
        ('<div data-plotly="../figure-1-ab.json"></div>', "<div data-plotly="),
        ('<pre class="plain mermaid">graph</pre>', '<pre class="plain mermaid">'),
        ('<p data-md-component="outdated">x</p>', "<p data-md-component="),
    ],
)
def test_what_acts_stops_the_build_and_is_named(html: str, named: str) -> None:
    with pytest.raises(RenderError, match="page.md: a page may not hold") as error:
        permitted(f"<p>before</p>{html}", "page.md")
    assert named in str(error.value)


@pytest.mark.parametrize(
    "html",
    [
        '<p>a <em>b</em> <a href="../x/#y">c</a> <a href="mailto:a@example.org">d</a></p>',
        '<q cite="https://example.org/page">0.92</q>',
        '<a class="number" href="#number-x" title="x = 0.5 nats">0.500</a>',
        '<details class="hint"><summary>A look</summary><p>x</p></details>',
        '<div role="img" aria-label="x" style="--height:300px;--panels:2"></div>',
        '<div role="img" aria-label="x" data-plotly="figure-12-0a1b2c3d.json"></div>',
        '<div role="img" aria-label="x" data-circuitsvis="figure-2-0a1b2c3d.json"></div>',
        '<svg viewBox="0 0 9 9" preserveAspectRatio="none"><path d="M0 0h9"></path></svg>',
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" role="img" aria-label="x">'
        '<path d="M0 0h9" stroke="var(--mim-series-0)" opacity="0.9"></path></svg>',
        '<table class="claims"><thead><tr><th scope="col">a</th></tr></thead>'
        '<tbody><tr id="claim-x" data-evidence="proved"><td colspan="2">b</td></tr></tbody>'
        "</table>",
        '<img src="data:image/png;base64,iVBORw0KGgo=" alt="x">',
        '<form class="filters" data-filters="claims" hidden=""><input type="search" name="text">'
        '<output aria-live="polite"></output></form>',
        "<pre><code>&lt;script&gt;f()&lt;/script&gt;</code></pre>",
    ],
)
def test_what_pages_consist_of_stays_as_it_is(html: str) -> None:
    assert permitted(html, "page.md") == html


def test_the_strip_of_a_claim_is_permitted() -> None:
    assert permitted(strip(finding()), "page.md").count("<circle") == 2


def test_text_that_only_looks_different_is_no_loss() -> None:
    html = "<p>5 &minus; 3 <br/> <input type=search name='a' hidden> a < b<ul><li>c</ul>"
    assert "a &lt; b" in permitted(html, "page.md")


def test_scripts_that_outputs_and_prose_of_a_notebook_hold_stop_the_build() -> None:
    def cells(inside: str) -> str:
        prose = f'<div class="jp-RenderedMarkdown"><p>{inside}</p></div>'
        cell = f'<div class="jp-Cell jp-MarkdownCell">{prose}</div>'
        dress = "<style>.jp {}</style><script>jupyter()</script>"
        return f'{dress}<div class="jupyter-wrapper">{cell}</div>'

    assert tidy(cells("x"), "a.ipynb", Files([])) == (
        '<div class="notebook"><div class="prose"><p>x</p></div></div>'
    )
    with pytest.raises(RenderError, match="a.ipynb: a page may not hold <script>"):
        tidy(cells("<script>f()</script>"), "a.ipynb", Files([]))


def test_a_formula_holds_no_link_that_acts() -> None:
    html = tidy(r"<p>$\href{javascript:f()}{x}$</p>", "p.md", Files([]))
    assert "<a " not in html and "katex" in html
    with pytest.raises(RenderError, match="cannot be typeset"):
        tidy(r"<p>$\htmlId{a}{b}$</p>", "p.md", Files([]))


def test_the_policy_lets_only_scripts_of_the_theme_run() -> None:
    said = policy('<script>a()</script><script src="x.js"></script><script>b()</script>')
    assert said.count("sha256-") == 2
    scripts = next(part for part in said.split("; ") if part.startswith("script-src"))
    assert "unsafe" not in scripts
    assert {"base-uri 'none'", "form-action 'none'", "default-src 'none'"} <= set(said.split("; "))


def page(given: dict[str, str]) -> str:
    lines = "".join(f"{key}: {value}\n" for key, value in given.items())
    return f"---\n{lines}---\n\n# T\n"


def test_examples_of_visible_texts() -> None:
    assert doctest.testmod(visible).failed == 0


def test_front_matter_of_a_post_is_taken_as_it_should_be() -> None:
    check_front(page(POST), "announcements/posts/2024-01.md")
    check_front(page({"description": "All claims."}), "evidence.md")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"slug": "../../../docs/evil"}, "slug: String should match pattern"),
        ({"slug": "a/b"}, "slug: String should match"),
        ({"slug": None}, "slug: Field required"),
        ({"date": "soon"}, "date: Input should be a valid date"),
        ({"title": "'<b>A</b>'"}, "title: String should match"),
        ({"title": "[a]"}, "title: Input should be a valid string"),
        ({"description": '"a\\u202eb"'}, "description: .*RIGHT-TO-LEFT OVERRIDE"),
        ({"template": "404.html"}, "template: Extra inputs are not permitted"),
        ({"draft": "true"}, "draft: Extra inputs"),
    ],
)
def test_a_faulty_key_of_a_post_is_named_with_its_file(
    changes: dict[str, str | None], message: str
) -> None:
    given = {key: value for key, value in (POST | changes).items() if value is not None}
    with pytest.raises(RenderError, match=rf"posts/2024-01\.md[^\n]*\n  {message}"):
        check_front(page(given), "announcements/posts/2024-01.md")


def test_front_matter_that_cannot_be_read_is_no_page_without_any() -> None:
    with pytest.raises(RenderError, match="evidence.md: what stands .* is no YAML"):
        check_front("---\ntitle: [\n---\n", "evidence.md")


def placed(uri: str, place: Path) -> File:
    file = File(uri, str(place), str(place), use_directory_urls=False)
    file.dest_uri = uri
    return file


def test_no_file_is_written_outside_of_the_site(tmp_path: Path) -> None:
    inside = placed("a/b.html", tmp_path)
    check_places(Files([inside]), tmp_path)
    outside = placed("a/../../docs/evil.html", tmp_path)
    with pytest.raises(RenderError, match=r"evil.html would be written to .*, outside of the site"):
        check_places(Files([inside, outside]), tmp_path)


def test_no_file_is_written_over_another(tmp_path: Path) -> None:
    files = Files([placed("a/b.html", tmp_path), placed("a/c/../b.html", tmp_path)])
    with pytest.raises(RenderError, match="a/c/../b.html and a/b.html would both be written"):
        check_places(files, tmp_path)


@pytest.mark.parametrize(
    "text",
    ["a\u200bb", "a\u202eb", "a\u2066b", "a\ufeffb", "a\x07b", "a\u00adb", "a\u3164b", "a\ufe0fb"]
    + ["a\u2060b", "a\U000e0041b", "a\u180eb", "a\u034fb", "a\ue000b", "a\ud800b"],
)
def test_what_cannot_be_seen_is_refused_and_named(text: str) -> None:
    with pytest.raises(ValueError, match=rf"character 2 is .*U\+{ord(text[1]):04X}"):
        seen(text)


def test_other_alphabets_and_signs_are_text() -> None:
    for text in ("Łukasz Ngô", "שלום", "日本語", "❤\ufe0f 🎉", "W_OV · ≥ ½"):
        assert seen(text) == text
