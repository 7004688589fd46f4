"""Measure a month's claims, trusting no page: `python -m docs.contribute.measured SLUG FOLDER`, in
confinement.
"""

import hashlib
import importlib
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from math import sqrt
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Int
from safetensors.torch import save
from torch import Tensor
from torch.nn import Embedding, Module
from torch.nn.modules.module import register_module_forward_pre_hook

from analyses.evidence.claims import UNTRAINED, Claim, Control, Measurement
from analyses.evidence.controls import exchanged
from analyses.evidence.findings import Finding
from analyses.write_ups.results import Results
from docs.contribute.confined import report
from docs.contribute.evaluation import evaluation_faults, untrained
from docs.contribute.execution import PRODUCTS
from docs.contribute.month import Fault, Month
from models import load
from models.problem import Problem
from models.task import Task
from models.training import training_sequences

BEYOND_CHANCE = 0.05
"""How much larger than by chance the share of training sequences in a sample may be."""
DRAWN = 10_000
"""Sequences from which that chance is estimated."""


@dataclass
class Gate:
    """Measures claims on the committed model and its controls."""

    month: Month
    problem: Problem[Any]
    words: list[str] = field(default_factory=list)
    """What reviewers should know."""

    def __post_init__(self) -> None:
        self.disguises: dict[str, Problem[Any]] = {}
        recipe = self.problem.card.training
        generator = torch.Generator().manual_seed(recipe.seed + 1)
        self.seen = self.problem.task.keys(training_sequences(self.problem.task, recipe))
        drawn = self.problem.task.keys(self.problem.task.sample(DRAWN, generator))
        self.chance = float(torch.isin(drawn, self.seen).double().mean())

    def faults(self, claims: Sequence[Claim], shown: Results) -> Iterator[Fault]:
        """What speaks against claims, and against the table of them that the pages show."""
        found: list[Finding] = []
        also: dict[str, list[str]] = {}
        for claim in claims:
            try:
                finding, runs = self.check(claim)
            except Exception as error:
                text = (
                    f"claim {claim.name!r} raises {type(error).__name__} ({error}) when it is "
                    "measured outside the page; measure it from the problem alone."
                )
                yield self.month.claim_fault(claim.name, text)
                continue
            found.append(finding)
            yield from self.data_faults(claim, runs)
            if self.is_certified(claim):
                continue
            yield from self.control_faults(claim, finding, also)
        yield from self.table_faults(found, shown)
        self.tell(also, any(map(self.is_certified, claims)))

    def is_certified(self, claim: Claim) -> bool:
        """Whether a claim may rest on a stored certificate, which belongs to a hash."""
        stored = (self.month.analysis / "certificate.json").is_file()
        return stored and claim.evidence in ("proved", "exhaustive")

    def check(self, claim: Claim) -> tuple[Finding, Tensor]:
        """Measure a claim on the model, as if it had never been saved, and on its controls, as if
        they had; also, the keys of the sequences that were run for it.
        """
        keys: list[Tensor] = []

        def watched(problem: Problem[Any]) -> Measurement:
            with watching(problem.task, keys.append):
                return claim.measure(problem)

        # A copy has nothing in the caches of the month's modules.
        model = self.problem if self.is_certified(claim) else replace(self.problem, sha256=None)
        controls = tuple(map(self.disguised, claim.controls))
        finding = replace(claim, measure=watched, controls=controls).check(model)
        return finding, torch.cat(keys).unique() if keys else torch.empty(0, dtype=torch.int64)

    def disguised(self, control: Control) -> Control:
        """A control whose model, if it has one, has a hash as if it had been saved."""
        return (
            replace(control, model=lambda _: self.model_of(control)) if control.model else control
        )

    def model_of(self, control: Control) -> Problem[Any]:
        """The model of a control, with a hash of its own."""
        assert control.model is not None
        if control.what not in self.disguises:
            self.disguises[control.what] = with_hash(control.model(self.problem))
        return self.disguises[control.what]

    def data_faults(self, claim: Claim, keys: Int[Tensor, " sequence"]) -> Iterator[Fault]:
        """Whether a sampled claim is measured on what the model was trained on."""
        if claim.evidence not in ("sampled", "illustrated") or not len(keys):
            return
        known = int(torch.isin(keys, self.seen).sum())
        noise = 4 * sqrt(self.chance * (1 - self.chance) / len(keys))
        if known / len(keys) <= self.chance + noise + BEYOND_CHANCE:
            return
        share = f"{known:,} of the {len(keys):,} sequences that claim {claim.name!r} is measured on"
        if re.search(r"\btraining\b", claim.quantity):
            self.words.append(f"{share} are training sequences, as it says.")
            return
        text = (
            f"{share} are training sequences; measure it on others (`problem.fresh(n, seed)`), or "
            "let the quantity say that it is about training sequences."
        )
        yield self.month.claim_fault(claim.name, text)

    def control_faults(
        self, claim: Claim, finding: Finding, also: dict[str, list[str]]
    ) -> Iterator[Fault]:
        """Whether a claim looks at the model at all; notes which other models satisfy it."""
        own = {control.what for control in claim.controls}
        measures = [claim.measure, *(c.measure for c in claim.controls if c.measure)]
        here = (finding.value, *(c.value for c in finding.controls))
        # On another model it measures something else, or that control would satisfy it.
        differs = any(control.model for control in claim.controls)
        for control in (UNTRAINED, exchanged(self.problem)):
            if control.what in own:
                continue
            try:
                other = self.model_of(control)
                there = [measure(other) for measure in measures]
            except Exception as error:
                # Not every measurement is made for every model.
                self.words.append(
                    f"Claim {claim.name!r} could not be measured on this: {control.what}: {error}"
                )
                differs = True
                continue
            differs |= tuple(measured.value for measured in there) != here
            if claim.satisfied_by(there[0]) != claim.refuted:
                also.setdefault(control.what, []).append(claim.name)
        if not differs and claim.of_task:
            self.words.append(
                f"Claim {claim.name!r} is about the task alone, and the same whatever the model. "
                "Does the page say so?"
            )
        elif not differs:
            measured = " and ".join(f"{value:.6g}" for value in here)
            text = (
                f"claim {claim.name!r} and its controls measure the same, {measured}, on the "
                f"model, on an untrained one and on {exchanged(self.problem).what}; measure "
                "something of the model."
            )
            yield self.month.claim_fault(claim.name, text)

    def table_faults(self, found: Sequence[Finding], shown: Results) -> Iterator[Fault]:
        """Where what the pages show of the claims is not what was measured here."""
        for name, times in Counter(finding.name for finding in shown.claims).items():
            if times > 1:
                text = f"the pages show claim {name!r} {times} times; `check` the claims once."
                yield self.month.claim_fault(name, text)
        mine = shown.model_copy(update={"claims": list(found)})
        for line in mine.drift_from(shown):
            name = line.removeprefix("claim ").split(":")[0]
            text = (
                f"the pages' table and the gate disagree: {line} (measured on the same weights "
                "under no hash, and on controls that have one); show what `check` finds, "
                "and measure the weights alone."
            )
            yield self.month.claim_fault(name, text)

    def tell(self, also: dict[str, list[str]], certified: bool) -> None:
        """Put into words what the controls showed."""
        for what, names in also.items():
            self.words.append(
                f"On another model, {what}, which is none of their controls, these claims come out "
                f"the same: {', '.join(names)}. Are their controls ones that could fool them?"
            )
        if certified:
            self.words.append(
                "What is proved or exhaustive was taken from certificate.json, which "
                f"`nox -s verify -- {self.month.slug}` derives anew."
            )


def with_hash(problem: Problem[Any]) -> Problem[Any]:
    """The problem, its checkpoint's hash that of its own weights, as if it had been saved."""
    weights = {name: tensor.contiguous() for name, tensor in problem.weights.items()}
    return replace(problem, sha256=hashlib.sha256(save(weights)).hexdigest())


@contextmanager
def watching(task: Task, note: Callable[[Tensor], object]) -> Iterator[None]:
    """Note the keys of all whole sequences that any model reads."""

    def read(module: Module, inputs: tuple[Any, ...]) -> None:
        if not isinstance(module, Embedding) or module.num_embeddings != task.d_vocab:
            return
        tokens = inputs[0]
        if tokens.ndim == 2 and tokens.shape[1] == task.n_ctx:
            note(task.keys(tokens.detach().cpu()))

    handle = register_module_forward_pre_hook(read)
    try:
        yield
    finally:
        handle.remove()


def stated(month: Month) -> list[Claim]:
    """The claims of a month.

    Raises:
        TypeError: if its claims.py has no list of them.
    """
    module = importlib.import_module(f"analyses.{month.slug}.claims")
    claims = getattr(module, "CLAIMS", None)
    if not isinstance(claims, list | tuple) or not all(isinstance(c, Claim) for c in claims):
        raise TypeError("claims.py has no list CLAIMS of claims, which the page would `check`")
    return list(claims)


def main(slug: str, folder: Path) -> None:
    """Measure, and report."""
    month = Month(slug)
    products = folder / PRODUCTS
    faults, words = [], []
    try:
        problem = load(slug)
        faults += evaluation_faults(month, problem.card, products)
        faults += untrained(month, problem.card)
        gate = Gate(month, problem, words)
        faults += gate.faults(stated(month), Results.read(products / "results.json"))
    except Exception as error:
        text = f"cannot be measured: {type(error).__name__}: {error}"
        faults.append(month.fault(month.analysis / "claims.py", text))
    report(folder, faults, words)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
