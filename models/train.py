"""`python -m models.train SLUG`: train a problem's model by its card."""

import argparse
import importlib
from pathlib import Path

import torch

from models.training import train


def main() -> None:
    """Parse the command line, train, say what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("slug")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    options = parser.parse_args()
    task = importlib.import_module(f"models.{options.slug}.task").task()
    card = train(
        options.slug,
        task,
        Path("build/training") / f"{options.slug}.pt",
        torch.device(options.device),
    )
    print(card.expected, card.weights)


if __name__ == "__main__":
    main()
