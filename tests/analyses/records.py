"""What a write-up may have found, for tests that need findings and results to vary."""

from typing import Any

from analyses.evidence.explained import Agreement, Explained, Foreseen, Ranked
from analyses.evidence.findings import Controlled, Finding
from analyses.seeds.line import Judged, Line
from analyses.write_ups.results import Number, Results


def control(**change: Any) -> Controlled:
    """A control that does not satisfy its claim, with some of its fields changed."""
    fields = {"what": "untrained model of the same shape", "value": 0.02, "satisfies": False}
    return Controlled.model_validate(fields | change)


def finding(**change: Any) -> Finding:
    """A claim that holds, with some of its fields changed."""
    fields = {
        "name": "sorts",
        "sentence": "The model sorts lists.",
        "evidence": "sampled",
        "quantity": "share of correct predictions",
        "unit": "",
        "comparison": "at least",
        "threshold": 0.9,
        "value": 0.95,
        "interval": (0.94, 0.96),
        "n": 1000,
        "controls": [control()],
        "verdict": "holds",
    }
    return Finding.model_validate(fields | change)


def number(**change: Any) -> Number:
    """A loss, with some of its fields changed."""
    fields = {"name": "loss", "value": 0.5, "unit": "nats", "tolerance": 0.001, "digits": 3}
    return Number.model_validate(fields | change)


def agreement(**change: Any) -> Agreement:
    """Of an explanation with a model, with some of its fields changed."""
    fields = {"inputs": "random", "share": 0.75, "interval": (0.74, 0.76), "n": 1000}
    return Agreement.model_validate(fields | change)


def foreseen(**change: Any) -> Foreseen:
    """Of an intervention, with some of its fields changed."""
    fields = {
        "intervention": "head",
        "what": "head 0.0 mean ablated",
        "stated": True,
        "share": 0.9,
        "n": 1000,
        "changed": 200,
        "foreseen": 150,
    }
    return Foreseen.model_validate(fields | change)


def explained(**change: Any) -> Explained:
    """An explanation that does somewhat well, with some of its fields changed."""
    fields = {
        "name": "in_words",
        "sentence": "Heads look for the next value and copy it.",
        "bits": 1234,
        "agreements": [agreement(), agreement(inputs="high", share=0.5, interval=(0.4, 0.6))],
        "mistakes": agreement(inputs="mistakes", share=0.1, interval=(0.05, 0.2), n=40),
        "confidence": Ranked(correlation=0.25, n=1000),
        "foreseen": [foreseen()],
    }
    return Explained.model_validate(fields | change)


def results(**change: Any) -> Results:
    """Two numbers, a fact, a claim and an explanation, with some of the fields changed."""
    fields = {
        "slug": "sorted_list",
        "title": "Sorted List",
        "month": "2023-10",
        "device": "cpu",
        "date": "2026-11-20",
        "checkpoint_sha256": "c" * 64,
        "data_sha256": "d" * 64,
        "numbers": {
            "lists": number(name="lists", value=500.0, unit="", tolerance=0.0, digits=0),
            "loss": number(),
        },
        "facts": {"dearest_head": "head 0.1"},
        "claims": [finding()],
        "explanations": [explained()],
    }
    return Results.model_validate(fields | change)


def judged(**change: Any) -> Judged:
    """What a claim that holds gave on one model, with some of its fields changed."""
    fields = {"value": 0.95, "interval": None, "n": 1000, "controls": [], "verdict": "holds"}
    return Judged.model_validate(fields | change)


def line(**change: Any) -> Line:
    """A model of a sweep that learned the task, with some of its fields changed."""
    fields = {
        "seed": 1,
        "recipe": "r",
        "code": "c",
        "versions": {"torch": "2"},
        "device": "cpu",
        "sha256": "e" * 64,
        "accuracy": 0.99,
        "loss": 0.05,
        "n_sequences": 1000,
        "seconds_trained": 60.0,
        "seconds_judged": 5.0,
        "claims": {"sorts": judged()},
        "failures": {},
        "quantities": {"ranges": 5.0},
        "picture": None,
    }
    return Line.model_validate(fields | change)
