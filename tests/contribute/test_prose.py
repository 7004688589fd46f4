"""Which numbers in prose are typed results."""

import pytest

from analyses.write_ups.results import Results
from docs.contribute.check import heads
from docs.contribute.month import Month
from docs.contribute.prose import typed_in_claims, typed_in_explanations, typed_results
from models.card import read_card
from tests.analyses.records import explained


def found_in(prose: str, month: Month) -> list[tuple[int, str]]:
    """Lines and numbers reported when this is the prose that begins on line 4."""
    commented = "".join(f"# {line}\n" for line in prose.splitlines())
    month.solution.write_text(f"# %%\nx = 0.5\n# %% [markdown]\n{commented}# %%\ny = 0.5\n")
    month.problem.write_text("# %% [markdown]\n# Nothing.\n")
    faults = list(typed_results(month, {"0.0", "0.1"}))
    assert {fault.path for fault in faults} <= {"analyses/caesar_cipher/solution.py"}
    return [(fault.line, fault.text.split("'")[1]) for fault in faults if "typed" in fault.text]


@pytest.mark.parametrize(
    ("prose", "found"),
    [
        ("The loss is 0.92 nats.", [(4, "0.92")]),
        ("One line.\n\nThe loss is -.92, no more.", [(6, ".92")]),
        ("It is right in 92 % of cases.", [(4, "92 %")]),
        ("It is right in 99.8% of cases.", [(4, "99.8%")]),
        ("It is right in 99\\% of cases.", [(4, "99\\%")]),
        ("In five or 5 per cent.", [(4, "5 per cent")]),
        ("In 5 percent,\nor 7 percent.", [(4, "5 percent"), (5, "7 percent")]),
        ("It weighs 0,92.", [(4, "0,92")]),
        ("It weighs 1e-5.", [(4, "1e-5")]),
        ("**0.92**", [(4, "0.92")]),
        ("| loss | 0.92 |", [(4, "0.92")]),
        ("## The 0.92 that matters", [(4, "0.92")]),
        ("It is `0.92`, or $0.93$, or $\\approx 94\\%$.", [(4, "0.92"), (4, "0.93"), (4, "94\\%")]),
        ("About {{ loss }}, that is 0.92.", [(4, "0.92")]),
        ('<data value="1">0.92</data>', [(4, "0.92")]),
        ("The heads 0.0 and `0.7`.", [(4, "0.0"), (4, "0.7")]),
        (
            "It is right in 99&percnt;\nor 99&#37; or 0&period;9.",
            [(4, "99%"), (5, "99%"), (5, "0.9")],
        ),
        ("It is ９９.９％.", [(4, "99.9%")]),
        (
            "Ninety-nine percent, or\ntwenty per cent.",
            [(4, "Ninety-nine percent"), (5, "twenty per cent")],
        ),
        ("In ninety-nine out of a hundred.", [(4, "ninety-nine out of a hundred")]),
        ("In 99 in 100, in 999 out of 1,000.", [(4, "99 in 100"), (4, "999 out of 1,000")]),
        ("It is ninety-nine point nine percent.", [(4, "ninety-nine point nine percent")]),
        ("It is zero point nine two.", [(4, "zero point nine two")]),
        ("$L = 0.01$", [(4, "0.01")]),
        ("$$\nL \\approx 0.01\\,\\text{nats}\n$$", [(5, "0.01")]),
        ("$0.9 \\le p < .95$ and $p=99\\%$", [(4, "0.9"), (4, ".95"), (4, "99\\%")]),
    ],
)
def test_a_typed_result_is_found_with_its_line(
    prose: str, found: list[tuple[int, str]], month: Month
) -> None:
    assert found_in(prose, month) == found


@pytest.mark.parametrize(
    "prose",
    [
        "The loss is {{ loss }} nats, {{ accuracy }} are right.",
        "## 1. How good it is\n### 1.2 Better",
        "Lists of 10 values from 0 to 50, 1,000 of them.",
        "Head `0.1` attends, head `0.0` does not.",
        "`lr = 0.001` and `x[:0.5]`",
        "```\nx = 0.92\n```",
        "The rank is $d_\\text{head} / 0.5$, or $$e^{-0.04}$$.",
        "Python 3.11, version 2.13, TransformerLens v4.0, 4.0.1 and the site of 2023.10.",
        "See section 6.1 and figure 2.3, or arXiv:2209.02535.",
        "With a 95 % interval, a 95 % confidence interval, a 95&nbsp;% interval.",
        "Two heads, a hundred lists, one of ten, one point at a time, six in a row.",
        "$u = 2^{-24}$, $k = 1000$, $e^{-0.5} < x$ and $\\gamma_k = k u / (1 - 0.5 u)$",
        "a &lt; b, between &minus;5 and 5 &mdash; 1 &amp; 2",
        "[a page](https://example.org/0.92) and https://example.org/v/0.92",
        '<img alt="x" width="0.92">',
        'They found <q cite="https://example.org/page">0.920\nnats</q> there.',
    ],
)
def test_what_is_no_result_is_left_alone(prose: str, month: Month) -> None:
    assert found_in(prose, month) == []


def test_a_quotation_says_where_it_is_from(month: Month) -> None:
    assert found_in("Good.\nThey found <q>0.92</q>.", month) == []
    (fault,) = typed_results(month, set())
    assert (fault.line, fault.text) == (
        5,
        'a quotation does not say where it is from: <q cite="https://...">.',
    )


def test_captions_and_alternatives_are_read_as_well(month: Month) -> None:
    month.problem.write_text(
        "# %%\n"
        "lines(\n"
        "    y=0.5,\n"
        '    caption=f"Loss {loss:.3f}, over {n:,} lists, about 0.92."\n'
        '    " Good.",\n'
        '    alt="A curve that "\n'
        '    "ends at 92 %.",\n'
        ")\n"
    )
    month.solution.unlink()
    found = [(fault.line, fault.text.split("'")[1]) for fault in typed_results(month, set())]
    assert found == [(4, "0.92"), (6, "92 %")]


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('record("accuracy", 0.9999, "share")', "0.9999 is recorded"),
        ('record("accuracy", -(9999 / 10000), "share")', "is recorded as it was typed"),
        ('record("lists", value=500, unit="")', "500 is recorded"),
        ('BEST = 0.9999\nrecord("accuracy", BEST, "share")', "BEST is recorded"),
        ('record("accuracy", float("0.9999"), "share")', "is recorded as it was typed"),
        ('fact("best", "99.99 %")', "'99.99 %' is a typed result"),
        ('fact("best", text=f"{name}: 0.99")', "'0.99' is a typed result"),
        ('BEST = "99.99 %"\nfact("best", BEST)', "'99.99 %' is a typed result"),
        ('print("accuracy", 0.9999)', "'0.9999' is a typed result"),
        ('display(Markdown("Right in 99.99 %."))', "'99.99 %' is a typed result"),
        ('table(["x"], [["loss", 0.01]], "Losses")', "'0.01' is a typed result"),
        ('lines(caption=f"A loss of {0.01}.")', "'0.01' is a typed result"),
        ('WORDS = "ninety-nine percent"\nlines(alt=WORDS)', "'ninety-nine percent' is"),
    ],
)
def test_a_result_typed_into_code_is_found(code: str, found: str, month: Month) -> None:
    month.solution.write_text(f"# %%\n{code}\n")
    (fault,) = typed_results(month, set())
    assert found in fault.text
    assert fault.line == 1 + len(code.splitlines()) - ('= "' in code)


@pytest.mark.parametrize(
    "code",
    [
        'N = 500\nrecord("lists", N, "", digits=0)',
        'record("accuracy", correct.double().mean(), "share", digits=2, tolerance=0.001)',
        'record("loss", loss(problem, 0.5), "nats")',
        'fact("range", f"0 to {largest:.2f}")',
        'print(f"{loss:.3f}", model(0.5))',
        'table(["x"], [["loss", found.loss, published.LOSS]], f"Over {n:,} lists")',
        "x = 0.9999",
    ],
)
def test_what_code_computes_is_left_alone(code: str, month: Month) -> None:
    month.solution.write_text(f"# %%\n{code}\n")
    assert list(typed_results(month, set())) == []


def test_the_modules_of_a_month_are_read_as_well(month: Month) -> None:
    (month.analysis / "tables.py").write_text('table(["x"], [], "Right in 99 %")\n')
    (fault,) = typed_results(month, set())
    assert (fault.path, fault.line) == ("analyses/caesar_cipher/tables.py", 1)


@pytest.mark.parametrize("slug", ["sorted_list", "cumulative_sum"])
def test_the_months_there_are_have_none(slug: str) -> None:
    month = Month(slug)
    assert list(typed_results(month, heads(read_card(slug)))) == []
    stated = Results.read(month.analysis / "results.json")
    assert list(typed_in_claims(month, stated.claims)) == []
    assert list(typed_in_explanations(month, stated.explanations)) == []


def test_a_result_typed_into_the_words_of_an_explanation(month: Month) -> None:
    path = month.analysis / "explanations.py"
    path.write_text(
        'EXPLANATIONS = [\n    Explanation("in_words", "It copies in 92 %.", copying),\n]\n'
    )
    (fault,) = typed_in_explanations(month, [explained(sentence="It copies in 92 %.")])
    assert (fault.path, fault.line) == ("analyses/caesar_cipher/explanations.py", 2)
    assert "'92 %' is a typed result in the words of the explanation 'in_words'" in fault.text
    assert list(typed_in_explanations(month, [explained()])) == []
