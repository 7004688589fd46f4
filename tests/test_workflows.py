"""Rules of the workflows: what runs where, with which rights, started by whom."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from nox import registry

import noxfile

ROOT = Path(noxfile.__file__).parent
FOLDER = ROOT / ".github" / "workflows"
PATHS = sorted(FOLDER.glob("*.y*ml"))
BOOTSTRAP = "python -m pip install -c constraints.txt nox"
SESSION = re.compile(r"nox -s (\w+)( -- [\w\"$ -]+)?( 2>&1 \| tee -a \"\$GITHUB_STEP_SUMMARY\")?")
SAFE_EVENTS = {"pull_request", "push", "schedule", "workflow_dispatch"}
"""Others run with the rights of main on what a stranger sends, or are started by one."""


class Loader(yaml.SafeLoader):
    """Reads YAML as GitHub does: `on` is a word."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if not tag.endswith(":bool")]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false"), list("tf"))


def read(path: Path) -> dict[str, Any]:
    return yaml.load(path.read_text(encoding="utf-8"), Loader)


def workflow(name: str) -> dict[str, Any]:
    return read(FOLDER / f"{name}.yml")


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in PATHS:
        for name, job in read(path)["jobs"].items():
            yield f"{path.name}: {name}", job


def steps(kind: str) -> list[tuple[str, dict[str, Any]]]:
    return [(place, step) for place, job in jobs() for step in job["steps"] if kind in step]


def test_there_are_workflows_for_requests_the_gpu_and_every_week() -> None:
    assert [path.name for path in PATHS] == ["gpu.yml", "pull-request.yml", "weekly.yml"]


def test_every_action_is_pinned_by_commit() -> None:
    for path in PATHS:
        for line in path.read_text(encoding="utf-8").splitlines():
            if "uses:" in line:
                assert re.fullmatch(r" +uses: [\w./-]+@[0-9a-f]{40} # v[\d.]+", line), line


def test_steps_call_nox_and_nothing_else() -> None:
    sessions = registry.get()
    for place, step in steps("run"):
        if step["run"] == BOOTSTRAP:
            continue
        called = SESSION.fullmatch(step["run"])
        assert called, f"{place}: {step['run']}"
        assert called[1] in sessions, place


def test_no_expression_stands_in_a_command() -> None:
    """GitHub puts the value of an expression into the script as it is, quotes included."""
    for place, step in steps("run"):
        assert "${{" not in step["run"], place


def test_nothing_is_allowed_but_what_a_job_asks_for() -> None:
    for path in PATHS:
        assert read(path)["permissions"] == {}, path.name
    writing = [place for place, job in jobs() if job["permissions"] != {"contents": "read"}]
    assert writing == ["gpu.yml: deploy"]


def test_the_job_that_writes_is_hosted_and_protected() -> None:
    job = workflow("gpu")["jobs"]["deploy"]
    assert job["permissions"] == {"contents": "write"}
    assert job["runs-on"].startswith("ubuntu-")
    assert job["environment"] == "publish"
    assert job["needs"] == "build"
    assert "github.event_name == 'workflow_dispatch'" in job["if"]


def test_no_other_job_keeps_the_token() -> None:
    for place, step in steps("uses"):
        if step["uses"].startswith("actions/checkout@"):
            keeps = step["with"]["persist-credentials"]
            assert keeps == (place == "gpu.yml: deploy"), place


def test_no_secret_and_no_cache() -> None:
    for path in PATHS:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"secrets\.|github\.token|GITHUB_TOKEN|secrets: *inherit", text)
        assert "actions/cache" not in text
        assert not re.search(r"^ +cache:", text, re.MULTILINE)


def test_every_trigger_is_a_safe_one() -> None:
    for path in PATHS:
        triggers = read(path)["on"]
        assert set(triggers) <= SAFE_EVENTS, path.name


def test_what_a_stranger_sends_runs_on_hosted_machines_only() -> None:
    requested = [path for path in PATHS if "pull_request" in read(path)["on"]]
    assert [path.name for path in requested] == ["pull-request.yml"]
    for job in workflow("pull-request")["jobs"].values():
        assert re.fullmatch(r"ubuntu-[\d.]+", job["runs-on"])
        assert job["permissions"] == {"contents": "read"}
        assert "environment" not in job


def test_the_gpu_sees_main_alone() -> None:
    gpu = workflow("gpu")
    assert set(gpu["on"]) == {"push", "workflow_dispatch"}
    assert gpu["on"]["push"] == {"branches": ["main"]}
    lent = [(place, job) for place, job in jobs() if "self-hosted" in job["runs-on"]]
    assert [place for place, _ in lent] == ["gpu.yml: build"]
    ((_, job),) = lent
    assert job["runs-on"] == ["self-hosted", "gpu"]
    # All of them must be true: the conditions are joined by `and` alone.
    assert set(re.split(r" && |\n&& ", job["if"])) == {
        "github.ref == 'refs/heads/main'",
        "github.event.repository.fork == false",
        "vars.GPU_RUNNER == 'true'",
    }


def test_jobs_end() -> None:
    for place, job in jobs():
        assert 0 < job["timeout-minutes"] <= 90, place


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_runs_do_not_pile_up(path: Path) -> None:
    assert set(read(path)["concurrency"]) == {"group", "cancel-in-progress"}


def test_gpu_and_publication_use_one_python() -> None:
    """Else the products of the container would count as made by other means."""
    base = re.search(r"python:(\d+\.\d+\.\d+)-", noxfile.CONTAINERFILE.read_text())
    assert base
    versions = {
        step["with"]["python-version"]
        for job in workflow("gpu")["jobs"].values()
        for step in job["steps"]
        if "actions/setup-python@" in step.get("uses", "")
    }
    assert versions == {base[1]}


def test_the_container_installs_no_more_than_is_committed() -> None:
    """What it copies before the rest exists, and the rest is not what was built here."""
    lines = noxfile.CONTAINERFILE.read_text().splitlines()
    for line in lines:
        if line.startswith("COPY "):
            *sources, _ = [word for word in line.split()[1:] if not word.startswith("--")]
            assert all((ROOT / source).exists() for source in sources), line
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".git", ".nox", "build", "site"} <= set(ignored)
