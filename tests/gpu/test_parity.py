"""The same numbers on CPU and GPU, within the tolerance that each number states."""

from pathlib import Path

import pytest

from analyses.write_ups.build import execute, read_pages, results_of
from analyses.write_ups.notebook import Page, execute_all
from analyses.write_ups.outputs import NUMBER
from analyses.write_ups.results import Results
from models.card import committed_weights, read_card, sha256_of, slugs
from tests.in_thread import in_a_thread

PAGE = f"""# %% tags=["parameters"]
checkpoint, device = None, "cpu"

# %%
from IPython.display import display

off = {{"cpu": 0.0, "cuda": OFF}}[device]
found = {{"name": "loss", "value": 0.5 + off, "unit": "nats", "tolerance": 1e-3, "digits": 3}}
display({{{NUMBER!r}: found, "text/plain": ""}}, raw=True)
"""


def recorded(slug: str, pages: dict[str, Page], device: str) -> Results:
    """What executed pages of a problem recorded."""
    card = read_card(slug)
    return results_of(card, pages, device, sha256_of(committed_weights(card)))


def differences(cpu: Results, gpu: Results) -> list[str]:
    """What two runs disagree about, and which claims do not stand, a line each."""
    complaints = [text for finding in gpu.claims if (text := finding.complaint())]
    return gpu.drift_from(cpu) + complaints


@pytest.mark.gpu
@pytest.mark.every_month
@pytest.mark.parametrize("slug", slugs())
def test_a_write_up_gives_the_same_numbers_on_cpu_and_gpu(slug: str) -> None:
    runs = []
    for device in ("cpu", "cuda"):
        pages = read_pages(slug, None, device)
        in_a_thread(lambda pages=pages: execute({slug: pages}))
        runs.append(recorded(slug, pages, device))
    cpu, gpu = runs
    assert gpu.numbers
    assert (cpu.device, gpu.device) == ("cpu", "cuda")
    assert differences(cpu, gpu) == []


@pytest.mark.parametrize(
    ("off", "found"),
    [
        (0.0009, []),
        (0.002, ["loss: committed 0.5, now 0.502 nats (off by 0.002, tolerance 0.001)"]),
    ],
)
def test_a_difference_beyond_its_tolerance_is_found(
    tmp_path: Path, off: float, found: list[str]
) -> None:
    """The comparison itself, on a page that only pretends to run on two devices."""
    runs = []
    for device in ("cpu", "cuda"):
        source = tmp_path / f"{device}.py"
        source.write_text(PAGE.replace("OFF", str(off)))
        page = Page.read(source)
        page.set_parameters(checkpoint=None, device=device)
        in_a_thread(lambda page=page: execute_all([page], lambda: None))
        runs.append(recorded("sorted_list", {"solution": page}, device))
    assert differences(*runs) == found


@pytest.mark.every_month
def test_the_committed_results_agree_with_themselves() -> None:
    for slug in slugs():
        path = Path("analyses") / slug / "results.json"
        committed = Results.read(path)
        assert differences(committed, committed) == []
        assert committed.device in ("cpu", "cuda")
