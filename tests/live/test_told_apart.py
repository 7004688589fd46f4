"""Other rules than a task's are told from them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from models.card import MODELS
from models.cumulative_sum.task import CumulativeSum
from models.palindromes.task import Palindromes
from tests.live.chance import different, looks
from tests.live.task_rules import (
    DRAWN,
    SEED,
    SHOWN,
    Answers,
    answers,
    asked_otherwise,
    called_otherwise,
    drawn_otherwise,
    read_otherwise,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (CumulativeSum(), CumulativeSum(towards_zero=0.67)),
        (Palindromes(), Palindromes(most_changes=10)),
        (Palindromes(), Palindromes(max_value=29)),
    ],
)
def test_another_distribution_is_told_apart(one: Any, other: Any) -> None:
    generator = torch.Generator().manual_seed(SEED)
    drawn, again = (task.sample(DRAWN, generator) for task in (one, one))
    assert different(looks(drawn), looks(again)) == []
    assert different(looks(drawn), looks(other.sample(DRAWN, generator)))


@pytest.mark.parametrize(
    ("slug", "rule", "changed", "otherwise"),
    [
        ("sorted_list", '"SEP"', '"SEP."', called_otherwise),
        ("sorted_list", "> 1)", "> 2)", read_otherwise),
        ("sorted_list", "expected ${", "not ${", read_otherwise),
        ("sorted_list", "completed(distinct(random, sep, length))", "[]", drawn_otherwise),
        ("cumulative_sum", "Math.sign(sum) + 1", "Math.sign(sum || 1) + 1", asked_otherwise),
        ("cumulative_sum", "sum > 0 ===", "sum >= 0 ===", drawn_otherwise),
        ("palindromes", "random() < 0.5 ? value", "random() < 0.55 ? value", drawn_otherwise),
        ("labelling_function", ">= 133", "> 133", asked_otherwise),
        ("verb_noun", "fish: { river: 0.6", "fish: { river: 0.3", asked_otherwise),
        ("verb_noun", "3, 0.5)", "3, 0.6)", read_otherwise),
    ],
)
def test_another_rule_is_told(
    slug: str, rule: str, changed: str, otherwise: Callable[[Answers], list[str]], tmp_path: Path
) -> None:
    text = (MODELS / slug / "task.js").read_text(encoding="utf-8")
    assert text.count(rule) == 1
    (tmp_path / "task.js").write_text(text.replace(rule, changed), encoding="utf-8")
    assert otherwise(answers(MODELS / slug, tmp_path / "task.js", SHOWN // 5))
