from pathlib import Path
from typing import Any

import nbformat
import pytest
import torch
from nbformat import NotebookNode, v4

from analyses.write_ups import page as recording
from analyses.write_ups.notebook import ROOT, Page, PageError, execute_all
from analyses.write_ups.outputs import CLAIMS, DATA, FACT, NUMBER, PICTURE
from tests.analyses.records import finding
from tests.in_thread import in_a_thread

PARAMETERS = '# %% tags=["parameters"]\ncheckpoint, device = None, "cpu"\n\n'


def written(folder: Path, text: str) -> Page:
    """A page of this text."""
    path = folder / "solution.py"
    path.write_text(PARAMETERS + text, encoding="utf-8")
    return Page.read(path)


def output(mime: str, content: Any) -> NotebookNode:
    return v4.new_output("display_data", {mime: content, "text/plain": ""})


def loss(**change: Any) -> NotebookNode:
    """What `record("loss", ...)` leaves in a notebook."""
    fields = {"name": "loss", "value": 0.0123456, "unit": "nats", "tolerance": 1e-3, "digits": 3}
    return output(NUMBER, fields | {"text": "0.012"} | change)


@pytest.fixture
def displayed(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What a write-up shows, as the kernel would send it."""
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr(recording, "display", lambda data, **_: shown.append(data))
    return shown


def test_a_tiny_page_is_executed_in_a_kernel(tmp_path: Path) -> None:
    page = written(
        tmp_path,
        f"""# %% [markdown]
# The loss of {{{{ loss }}}} nats is that of {{{{who}}}}, on {{{{ device_kind }}}}.

# %%
import os
from IPython.display import display

display({{{NUMBER!r}: {dict(loss().data[NUMBER])!r}, "text/plain": ""}}, raw=True)
display({{{FACT!r}: {{"name": "who", "text": "<head 0.1>"}}, "text/plain": ""}}, raw=True)

# %%
kind = {{"name": "device_kind", "text": device}}
display({{{FACT!r}: kind, "text/plain": ""}}, raw=True)
display({{{FACT!r}: {{"name": "folder", "text": os.getcwd()}}, "text/plain": ""}}, raw=True)
""",
    )
    page.set_parameters(checkpoint=None, device="cuda")
    done: list[None] = []
    in_a_thread(lambda: execute_all([page], lambda: done.append(None)))
    assert len(done) == 3
    assert page.numbers["loss"].value == 0.0123456
    assert page.facts == {"who": "<head 0.1>", "device_kind": "cuda", "folder": str(ROOT)}
    assert page.notebook.cells[1].source == (
        'The loss of <a class="number" href="#number-loss" title="loss = 0.0123456 nats">0.012'
        '</a> nats is that of <a class="fact" href="#number-who">&lt;head 0.1&gt;</a>, on '
        '<a class="fact" href="#number-device_kind">cuda</a>.'
    )


def test_a_cell_that_raises_names_file_and_line(tmp_path: Path) -> None:
    page = written(
        tmp_path, "# %%\nfine = 1\n\n# %%\nrow = [5, 5]\nraise ValueError('repeated 5')\n"
    )
    place = rf"{page.source}, line 8: the cell raised ValueError: repeated 5"
    with pytest.raises(PageError, match=place):
        in_a_thread(lambda: execute_all([page], lambda: None))


def test_the_line_is_that_of_the_cell_among_cells_that_begin_alike(tmp_path: Path) -> None:
    text = "# %% [markdown]\n# Print 1.\n\n# %%\nx = 1\n\n# %%\nx = 1\n{{ x }}\n\n# %%\n1\n"
    page = written(tmp_path, text)
    page.set_parameters(checkpoint=None, device="cpu")
    assert [page.line_of(cell) for cell in page.notebook.cells[1:]] == [5, 8, 11, 15]
    assert page.line_of(page.notebook.cells[3], "{{ x }}") == 12


def test_parameters_replace_those_of_the_page(tmp_path: Path) -> None:
    page = written(tmp_path, "# %%\nprint(device)\n")
    page.set_parameters(checkpoint="it's.pt", device="cuda")
    assert page.notebook.cells[0].source == "checkpoint, device = \"it's.pt\", 'cuda'"
    assert page.notebook.cells[1].source == "print(device)"


def with_parameters(folder: Path, cell: str) -> Page:
    path = folder / "solution.py"
    path.write_text(f'# %% tags=["parameters"]\n{cell}\n')
    return Page.read(path)


def test_a_page_may_have_parameters_of_its_own(tmp_path: Path) -> None:
    page = with_parameters(tmp_path, 'checkpoint, device, rows = None, "cpu", None')
    page.set_parameters(checkpoint="old.pt", device="cpu", rows="wrapped")
    cell = page.notebook.cells[0]
    assert cell.source == "checkpoint, device, rows = 'old.pt', 'cpu', 'wrapped'"
    page.set_parameters(device="cuda")
    assert cell.source == "checkpoint, device, rows = 'old.pt', 'cuda', 'wrapped'"


def test_a_parameter_that_a_page_lacks_is_refused_once_it_has_a_value(tmp_path: Path) -> None:
    page = with_parameters(tmp_path, 'checkpoint, device = None, "cpu"')
    page.set_parameters(checkpoint=None, device="cpu", rows=None)
    assert page.notebook.cells[0].source == "checkpoint, device = None, 'cpu'"
    page = with_parameters(tmp_path, 'checkpoint, device = None, "cpu"')
    with pytest.raises(PageError, match=r"line 2: this page has no parameter 'rows', only check"):
        page.set_parameters(checkpoint="old.pt", device="cpu", rows="wrapped")


@pytest.mark.parametrize("cell", ["checkpoint = None", "a, b = 1, 2\nc = 3", "print(1)"])
def test_parameters_are_one_assignment(tmp_path: Path, cell: str) -> None:
    with pytest.raises(PageError, match=r"line 2: the parameters are no single assignment"):
        with_parameters(tmp_path, cell).set_parameters(device="cpu")


def test_a_page_without_parameters_says_how_to_begin(tmp_path: Path) -> None:
    path = tmp_path / "solution.py"
    path.write_text("# %%\nprint(1)\n")
    with pytest.raises(PageError, match=r"solution\.py: no cell is tagged 'parameters'; begin"):
        Page.read(path).set_parameters(checkpoint=None, device="cpu")


def test_an_unknown_name_names_file_line_and_near_names(tmp_path: Path) -> None:
    page = written(
        tmp_path, "# %% [markdown]\n# One.\n#\n# At a loss of {{ losss }} nats.\n\n# %%\n1\n"
    )
    page.notebook.cells[2].outputs = [loss(), loss(name="accuracy"), loss(name="losses")]
    page.collect()
    with pytest.raises(PageError) as error:
        page.fill()
    assert str(error.value) == (
        f"{page.source}, line 7: nothing is recorded under the name 'losss'; record it in a cell, "
        "or did you mean losses, loss?"
    )


def test_a_name_may_stand_on_the_next_line(tmp_path: Path) -> None:
    page = written(tmp_path, "# %% [markdown]\n# At a loss of {{\n# loss }} nats.\n\n# %%\n1\n")
    page.notebook.cells[2].outputs = [loss()]
    page.collect()
    page.fill()
    assert "{{" not in page.notebook.cells[1].source
    assert "0.012" in page.notebook.cells[1].source


def test_a_name_unlike_any_other_gets_some_known_ones(tmp_path: Path) -> None:
    page = written(tmp_path, "# %% [markdown]\n# {{ qqq }}\n\n# %%\n1\n")
    page.notebook.cells[2].outputs = [loss(), loss(name="accuracy")]
    page.collect()
    with pytest.raises(PageError, match=r"the name 'qqq'.*did you mean accuracy, loss\?"):
        page.fill()


@pytest.mark.parametrize(
    "second", [loss(value=2.0), output(FACT, {"name": "loss", "text": "small"})]
)
def test_a_name_recorded_twice_is_refused(tmp_path: Path, second: NotebookNode) -> None:
    page = written(tmp_path, "# %%\nfirst\n\n# %%\nagain\n")
    page.notebook.cells[1].outputs = [loss()]
    page.notebook.cells[2].outputs = [second]
    with pytest.raises(PageError, match=r"solution\.py, line 8: the name 'loss' is recorded twice"):
        page.collect()


def test_a_number_that_is_none_of_ours_is_placed(tmp_path: Path) -> None:
    page = written(tmp_path, "# %%\nfirst\n")
    page.notebook.cells[1].outputs = [loss(tolerance=1e12)]
    with pytest.raises(PageError, match=r"solution\.py, line 5: .*\n.*the tolerance of loss is 1e"):
        page.collect()


def test_only_prose_is_filled(tmp_path: Path) -> None:
    page = written(tmp_path, "# %%\nprint('{{ loss }}')\n")
    page.notebook.cells[1].outputs = [loss()]
    page.collect()
    page.fill()
    assert page.notebook.cells[1].source == "print('{{ loss }}')"


@pytest.mark.parametrize(
    ("value", "unit", "digits", "html"),
    [
        (-1.5, "logits", 2, 'title="loss = -1.5 logits">\N{MINUS SIGN}1.50<'),
        (0.25, "share", 0, 'title="loss = 0.25 share">25 %<'),
        (10000.0, "", 0, 'title="loss = 10000">10,000<'),
        (1.0, '"<', 1, 'title="loss = 1 &quot;&lt;">1.0<'),
    ],
)
def test_how_a_number_is_filled_in(
    tmp_path: Path, value: float, unit: str, digits: int, html: str
) -> None:
    page = written(tmp_path, "# %% [markdown]\n# {{loss}}\n\n# %%\n1\n")
    page.notebook.cells[2].outputs = [loss(value=value, unit=unit, digits=digits)]
    page.collect()
    page.fill()
    assert html in page.notebook.cells[1].source


def test_what_a_write_up_records_is_what_its_page_collects(
    tmp_path: Path, displayed: list[dict[str, Any]]
) -> None:
    recording.record("loss", torch.tensor(0.0123456), "nats")
    recording.record("accuracy", 0.9984, "share", digits=2)
    recording.record("climbs", 64.0, "", digits=0)
    recording.record("lists", 500.0, "", digits=0, tolerance=2.0)
    recording.fact("dearest_head", "head 0.1")
    tokens = torch.tensor([[3, 1, 2]])
    assert recording.data(tokens) is tokens
    recording.picture("<svg/>")
    page = written(tmp_path, "# %%\n1\n")
    page.notebook.cells[1].outputs = [v4.new_output("display_data", data) for data in displayed]
    page.collect()
    assert page.facts == {"dearest_head": "head 0.1"}
    found = {name: (n.tolerance, n.digits, n.unit) for name, n in page.numbers.items()}
    assert found == {
        "loss": (1e-3, 3, "nats"),
        # A hundredth of a per cent, as a fraction.
        "accuracy": (1e-4, 2, "share"),
        # A count is exact, unless it says otherwise.
        "climbs": (0.0, 0, ""),
        "lists": (2.0, 0, ""),
    }
    assert page.numbers["loss"].value == pytest.approx(0.0123456)
    texts = [data["text/plain"] for data in displayed[:3]]
    assert texts == ["loss = 0.012 nats", "accuracy = 99.84 %", "climbs = 64"]
    assert displayed[-1][PICTURE] == "<svg/>"


def test_the_hash_of_the_data_is_that_of_its_tokens(displayed: list[dict[str, Any]]) -> None:
    for tokens in ([[3, 1, 2]], [[3, 1, 2]], [[3, 2, 1]]):
        recording.data(torch.tensor(tokens))
    first, same, other = (data[DATA]["sha256"] for data in displayed)
    assert first == same != other


def test_claims_are_collected_as_they_were_found(tmp_path: Path) -> None:
    found = [finding(), finding(name="is_sure", interval=None)]
    page = written(tmp_path, "# %%\n1\n")
    content = [item.model_dump(mode="json") for item in found]
    page.notebook.cells[1].outputs = [output(CLAIMS, content), output(DATA, {"sha256": "ab"})]
    page.collect()
    assert page.claims == found
    assert page.data_sha256 == "ab"


def test_a_table_escapes_what_it_shows() -> None:
    html = recording.table_html(["a", "b < c"], [["<i>", 2], ["x", "&"]], caption="<b>")
    assert html == (
        '<table class="numbers"><caption>&lt;b&gt;</caption><thead><tr><th scope="col">a</th>'
        '<th scope="col">b &lt; c</th></tr></thead><tbody><tr><th scope="row">&lt;i&gt;</th>'
        '<td>2</td></tr><tr><th scope="row">x</th><td>&amp;</td></tr></tbody></table>'
    )


def test_progress_of_a_slow_search_is_no_part_of_a_page(tmp_path: Path) -> None:
    page = written(
        tmp_path,
        """# %%
import torch
from analyses.instruments.search import climb
from models import progress

progress.SECONDS_BETWEEN_LINES = 0.0
climb(torch.zeros(2, 1).long(), lambda at: at, lambda at: at[:, 0].double(), steps=3);
""",
    )
    in_a_thread(lambda: execute_all([page], lambda: None))
    assert page.notebook.cells[-1].outputs == []


def test_a_page_gives_the_same_notebook_every_time(tmp_path: Path) -> None:
    text = """# %% [markdown]
# It prints.

# %%
import sys, time
from IPython.display import display

for word in ("first", "second"):
    print(word, flush=True)
    print("heard", time.time(), file=sys.stderr, flush=True)
    time.sleep(0.05)
display({"text/plain": "shown"}, raw=True)
print("last")
"""
    made = []
    for folder in (tmp_path / "one", tmp_path / "another" / "two"):
        folder.mkdir(parents=True)
        page = written(folder, text)
        in_a_thread(lambda page=page: execute_all([page], lambda: None))
        made.append(nbformat.writes(page.notebook))
    assert made[0] == made[1]
    outputs = nbformat.reads(made[0], as_version=4).cells[-1].outputs
    assert [shown.get("text") or shown.data["text/plain"] for shown in outputs] == [
        "first\nsecond\n",
        "shown",
        "last\n",
    ]
    assert str(tmp_path) not in made[0]
