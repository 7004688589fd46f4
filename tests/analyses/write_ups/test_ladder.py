from analyses.evidence.certificate import Tally
from analyses.write_ups.ladder import all_cases, figure, mean_share, rung, unproved

TALLIES = (Tally(cases=2, inputs=4, proved=4), Tally(cases=3, inputs=16, proved=8))


def test_shares_are_means_over_all_groups() -> None:
    assert all_cases(TALLIES) == 5
    assert unproved(TALLIES) == 8
    assert mean_share(TALLIES, 3) == (1 + 0.5) / 3


def test_rungs_add_up() -> None:
    assert rung(TALLIES, 2) == ([2, 5], [0.5, 0.75])


def test_the_figure_shows_per_cent() -> None:
    drawn = figure({"method": rung(TALLIES, 2)}, y_title="proved (%)", caption="c", alt="a")
    (trace,) = drawn.content()["data"]
    assert trace["name"] == "method"
    assert drawn.content()["layout"]["xaxis"]["type"] == "log"
