"""Execute a write-up: a percent-format file in, an executed notebook and results out."""

import ast
import asyncio
import atexit
import base64
import difflib
import os
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jupytext
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from pydantic import ValidationError
from traitlets.config import Config

from analyses.evidence.explained import Explained
from analyses.evidence.findings import Finding
from analyses.evidence.unfinished import cores
from analyses.write_ups.effort import Effort, effort
from analyses.write_ups.outputs import CLAIMS, DATA, EXPLANATIONS, FACT, NUMBER
from analyses.write_ups.results import Number, fact_html

ROOT = Path(__file__).parents[2]
PARAMETERS = "parameters"
"""Tag of the cell whose assignments the build replaces."""
REFERENCE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
SECONDS_PER_CELL = 900
KERNELS = 4
"""How many pages are executed at once at most: each kernel takes about a gigabyte of memory."""
KERNEL_ENVIRONMENT = {
    # tqdm, which TransformerLens imports, misses its notebook widget; no page uses it.
    "PYTHONWARNINGS": "ignore:IProgress not found",
    # Threads that wait for others otherwise keep the cores busy: several times as long where other
    # work wants them too.
    "OMP_WAIT_POLICY": "PASSIVE",
    # glibc otherwise keeps freed memory for every thread of torch's.
    "MALLOC_ARENA_MAX": "2",
}


class PageError(RuntimeError):
    """A write-up cannot be executed as it stands; the message begins with file and line."""


@dataclass
class Page:
    """One write-up: where it is written, and what executing it gave."""

    source: Path
    notebook: NotebookNode
    numbers: dict[str, Number] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    claims: list[Finding] = field(default_factory=list)
    explanations: list[Explained] = field(default_factory=list)
    data_sha256: str | None = None
    data: list[bytes] = field(default_factory=list)
    """What the page declared as evaluation data, as `.npz` files."""
    confined_to: str | None = None
    """The problem whose files alone the page may read (`reach.readable`); None: any."""
    effort: Effort = Effort(0.0, 0.0)
    """Of the kernel, when the last cell was executed."""

    @classmethod
    def read(cls, source: Path) -> "Page":
        """Read a percent-format file."""
        notebook = jupytext.read(source, fmt="py:percent")
        notebook.metadata["kernelspec"] = {
            "name": "python3",
            "display_name": "Python 3",
            "language": "python",
        }
        # Ids are random otherwise, and the same page gives the same notebook.
        for number, cell in enumerate(notebook.cells, 1):
            cell.id = f"cell-{number}"
        return cls(source, notebook)

    def line_of(self, cell: NotebookNode, needle: str | None = None) -> int:
        """The line of the source file where a cell begins, or a text within it stands."""
        lines = self.source.read_text(encoding="utf-8").splitlines()
        line = 0
        # In order, since two cells may begin alike.
        for other in self.notebook.cells:
            text = other.source.strip().splitlines()
            places = (n for n in range(line, len(lines)) if text and lines[n].endswith(text[0]))
            line = next(places, line)
            if other is cell:
                break
            line += len(text)
        if needle is not None:
            line = next((n for n in range(line, len(lines)) if needle in lines[n]), line)
        return line + 1

    def place(self, cell: NotebookNode, needle: str | None = None) -> str:
        """`file, line n` for messages."""
        path = self.source.relative_to(ROOT) if self.source.is_relative_to(ROOT) else self.source
        return f"{path}, line {self.line_of(cell, needle)}"

    def set_parameters(self, **values: object) -> None:
        """Replace the values in the cell tagged `parameters`, one assignment of constants.

        A name without a value here keeps the page's; None for a name that the page does not
        have says nothing.

        Raises:
            PageError: if no cell is tagged so, or the page lacks a name that has a value.
        """
        for cell in self.notebook.cells:
            if PARAMETERS in cell.metadata.get("tags", []):
                kept = self._parameters(cell)
                if lacking := [n for n, v in values.items() if n not in kept and v is not None]:
                    raise PageError(
                        f"{self.place(cell)}: this page has no parameter {lacking[0]!r}, only "
                        f"{', '.join(kept)}; assign it there, and use it."
                    )
                kept |= {name: value for name, value in values.items() if name in kept}
                cell.source = f"{', '.join(kept)} = {', '.join(map(repr, kept.values()))}"
                return
        raise PageError(
            f"{self.source}: no cell is tagged {PARAMETERS!r}; begin the page with "
            '`# %% tags=["parameters"]` and `checkpoint, device = None, "cpu"`.'
        )

    def _parameters(self, cell: NotebookNode) -> dict[str, object]:
        match ast.parse(cell.source).body:
            case [ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values))]:
                return {
                    ast.unparse(name): ast.literal_eval(value)
                    for name, value in zip(names, values, strict=True)
                }
        raise PageError(
            f"{self.place(cell)}: the parameters are no single assignment of constants; write "
            '`checkpoint, device = None, "cpu"`.'
        )

    async def execute(self, on_cell: Callable[[], None], threads: int | None) -> None:
        """Run every cell in a fresh kernel, from the root of the repository.

        Args:
            on_cell: called when a cell is done.
            threads: that the kernel computes with; None: as many as torch sees fit.

        Raises:
            PageError: if a cell raises; names the file, the line and the exception.
        """
        with tempfile.TemporaryDirectory(prefix="kernel-") as folder:
            # Sockets in a folder of our own: nobody else on the machine can reach the kernel.
            sockets = {"transport": "ipc", "ip": f"{folder}/socket"}
            client = NotebookClient(
                self.notebook,
                timeout=SECONDS_PER_CELL,
                kernel_name="python3",
                shutdown_kernel="immediate",
                record_timing=False,
                extra_arguments=self._confinement(),
                resources={"metadata": {"path": str(ROOT)}},
                on_cell_complete=lambda cell, cell_index: on_cell(),
                config=Config({"KernelManager": sockets}),
            )
            # Afterwards there is no kernel to ask.
            client.on_cell_executed = lambda **_: self._measure(client)
            limit = {} if threads is None else {"OMP_NUM_THREADS": str(threads)}
            await self._run(client, limit | os.environ | KERNEL_ENVIRONMENT)

    def _confinement(self) -> list[str]:
        if self.confined_to is None:
            return []
        line = f"from analyses.write_ups.reach import confine; confine({self.confined_to!r})"
        return [f"--IPKernelApp.exec_lines={line}"]

    def _measure(self, client: NotebookClient) -> None:
        provisioner = client.km.provisioner if client.km else None
        if isinstance(provisioner, LocalProvisioner) and provisioner.pid:
            self.effort = effort(provisioner.pid)

    async def _run(self, client: NotebookClient, environment: dict[str, str]) -> None:
        try:
            await client.async_execute(env=environment)
        except CellExecutionError as error:
            cell = next(
                cell
                for cell in self.notebook.cells
                if any(out.output_type == "error" for out in cell.get("outputs", []))
            )
            raise PageError(
                f"{self.place(cell)}: the cell raised {error.ename}: {error.evalue}"
            ) from error
        except CellTimeoutError as error:
            raise PageError(
                f"{self.place(self.notebook.cells[0])}: a cell of this page ran for more than "
                f"{SECONDS_PER_CELL} seconds; make it do less."
            ) from error
        except DeadKernelError as error:
            # What nbclient makes of a cancellation, too.
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise asyncio.CancelledError from error
            raise PageError(
                f"{self.place(self.notebook.cells[0])}: the kernel died while it ran this page; "
                "is there enough memory?"
            ) from error
        finally:
            # A start that was cut short leaves this to the end of the process, where it fails.
            atexit.unregister(client._cleanup_kernel)
            if client.km is not None:
                await client._async_cleanup_kernel()

    def settle(self) -> None:
        """Leave what cells show, without what differs from run to run.

        Progress and what libraries mutter, on standard error, is no part of a write-up; what
        was printed in one go came in pieces that depend on how fast it was read.
        """
        for cell in self.notebook.cells:
            settled: list[NotebookNode] = []
            for output in cell.get("outputs", []):
                if output.get("name") == "stdout" and settled and settled[-1].get("name"):
                    settled[-1].text += output.text
                elif output.get("name") != "stderr":
                    settled.append(output)
            if cell.cell_type == "code":
                cell.outputs = settled

    def collect(self) -> None:
        """Find the numbers, facts, claims, explanations and data hash that the page recorded."""
        for cell, content in self._recorded(NUMBER):
            try:
                number = Number(**{key: content[key] for key in Number.model_fields})
            except ValidationError as error:
                raise PageError(f"{self.place(cell)}: {error}") from error
            self._claim_name(cell, number.name)
            self.numbers[number.name] = number
        for cell, content in self._recorded(FACT):
            self._claim_name(cell, content["name"])
            self.facts[content["name"]] = content["text"]
        for _, content in self._recorded(CLAIMS):
            self.claims += [Finding(**item) for item in content]
        for _, content in self._recorded(EXPLANATIONS):
            self.explanations += [Explained(**item) for item in content]
        for _, content in self._recorded(DATA):
            self.data_sha256 = content["sha256"]
            # Kept beside the notebook, which need not carry them to its readers.
            if packed := content.pop("npz", None):
                self.data.append(base64.b64decode(packed))

    def _recorded(self, mime: str) -> list[tuple[NotebookNode, Any]]:
        return [
            (cell, output.data[mime])
            for cell in self.notebook.cells
            for output in cell.get("outputs", [])
            if mime in output.get("data", {})
        ]

    def _claim_name(self, cell: NotebookNode, name: str) -> None:
        if name in self.numbers or name in self.facts:
            raise PageError(f"{self.place(cell)}: the name {name!r} is recorded twice.")

    def fill(self) -> None:
        """Replace every `{{ name }}` in prose by what was recorded under that name.

        Raises:
            PageError: for an unknown name; names the file, the line, and similar names.
        """
        for cell in self.notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = REFERENCE.sub(
                    lambda match, cell=cell: self._value(cell, match), cell.source
                )

    def _value(self, cell: NotebookNode, match: re.Match[str]) -> str:
        name = match[1].strip()
        if name in self.facts:
            return fact_html(name, self.facts[name])
        if name in self.numbers:
            return self.numbers[name].html()
        known = [*self.numbers, *self.facts]
        near = difflib.get_close_matches(name, known, n=3) or sorted(known)[:8]
        raise PageError(
            f"{self.place(cell, match[0])}: nothing is recorded under the name {name!r}; "
            f"record it in a cell, or did you mean {', '.join(near)}?"
        )


class _Loop(asyncio.SelectorEventLoop):
    """Leaves Ctrl-C to asyncio, which stops all pages: nbclient would stop one kernel only,
    and say that it died.
    """

    def add_signal_handler(self, sig: int, callback: Any, *args: Any) -> None:
        raise RuntimeError("signals are heard by asyncio.Runner")


def execute_all(
    pages: Sequence[Page],
    on_cell: Callable[[], None],
    on_page: Callable[[Page], None] = lambda page: None,
) -> None:
    """Execute pages side by side, a kernel each; collect and fill each as it is done.

    Two pages, as those of one problem, have all cores between them. Of more, as many as there are
    cores run at once, but no more than `KERNELS`, for the sake of memory; each computes with its
    share of the cores.

    If one fails, or at Ctrl-C, the others are stopped first.

    Args:
        pages: begun in this order.
        on_cell: called when a cell is done.
        on_page: called when a page is; what it raises stops the others, too.
    """
    available = cores()
    at_once = max(2, min(available, KERNELS))
    threads = max(1, available // at_once) if len(pages) > 2 else None

    async def run() -> None:
        kernels = asyncio.Semaphore(at_once)

        async def one(page: Page) -> None:
            async with kernels:
                await page.execute(on_cell, threads)
            page.settle()
            page.collect()
            page.fill()
            on_page(page)

        running = [asyncio.ensure_future(one(page)) for page in pages]
        try:
            await asyncio.gather(*running)
        finally:
            for page in running:
                page.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    with asyncio.Runner(loop_factory=_Loop) as runner:
        runner.run(run())
