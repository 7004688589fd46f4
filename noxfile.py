"""One session for each thing a person does; `nox --list` tells them apart.

All sessions share one environment, `.nox/environment`. It is made by the first session
that needs it and used as it is until the pinned versions or the Python change.
"""

import hashlib
import json
import os
import platform
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import nox
from nox.command import CommandFailed

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "none"
nox.options.sessions = ["site"]

ROOT = Path(__file__).parent
SITE = ROOT / "site"
ENVIRONMENT = ROOT / ".nox" / "environment"
COMMANDS = ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin")
PYPROJECT = nox.project.load_toml(ROOT / "pyproject.toml")
CONSTRAINTS = ROOT / "constraints.txt"
IMAGE = "mech-interp-monthly"
CONTAINERFILE = ROOT / ".github" / "Containerfile"
BROUGHT_OUT = ROOT / "build" / "container"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


@nox.session
def site(session: nox.Session) -> None:
    """Build the site: analyse what has changed, render the pages."""
    environment(session, "analyse", "render")
    build(session)
    session.log("To look at it: nox -s serve")


@nox.session
def serve(session: nox.Session) -> None:
    """Build the site and show it on this machine; `-- PORT` chooses the port."""
    environment(session, "analyse", "render")
    build(session)
    port = session.posargs[0] if session.posargs else str(free_port())
    session.log(f"Look at http://127.0.0.1:{port}/ and stop with Ctrl-C.")
    python(session, "-m", "http.server", port, "--bind", "127.0.0.1", "--directory", str(SITE))


@nox.session
def analyses(session: nox.Session) -> None:
    """Run an analysis: `-- SLUG [--checkpoint C [--rows R]] [--prompt P | --update]`."""
    environment(session, "analyse")
    python(session, "-m", "analyses", *session.posargs)


@nox.session
def train(session: nox.Session) -> None:
    """Train a problem's model: `-- SLUG [--device cpu|cuda] [--publish|--restart]`; resumes."""
    environment(session, "analyse")
    python(session, "-m", "models.train", *session.posargs)


@nox.session
def seeds(session: nox.Session) -> None:
    """Check a problem's claims on models of other seeds: `-- SLUG --n N [--scheduler ADDRESS]`."""
    environment(session, "analyse", "seeds")
    python(session, "-m", "analyses.seeds", *session.posargs)


@nox.session
def verify(session: nox.Session) -> None:
    """Derive a problem's certificate anew: `-- SLUG [--device cpu|cuda] [--checkpoint PATH]`."""
    environment(session, "analyse")
    python(session, "-m", "analyses.evidence.verify", *session.posargs)


@nox.session
def new(session: nox.Session) -> None:
    """Begin a month: `-- SLUG --title "TITLE" --month YYYY-MM [--layers N] [--heads N]`."""
    environment(session, "analyse", "render")
    python(session, "-m", "docs.contribute.new", *session.posargs)


@nox.session
def check(session: nox.Session) -> None:
    """Check a month as its reviewers will: `-- SLUG`."""
    environment(session, "analyse", "seeds", "render", "test", "lint")
    browser(session)
    python(session, "-m", "docs.contribute.check", *session.posargs)


@nox.session
def deploy(session: nox.Session) -> None:
    """Publish the site as a version on gh-pages: `-- YYYY.MM [--push]`."""
    environment(session, "analyse", "render")
    # What can be refused is refused before the minutes that analyses may take.
    python(session, "-m", "docs.deploy", *session.posargs, "--check")
    python(session, "-m", "analyses", "all")
    python(session, "-m", "docs.deploy", *session.posargs)


@nox.session
def install(session: nox.Session) -> None:
    """Install what `analyses` and `site` need, so that they then run without a network."""
    environment(session, "analyse", "render")
    python(session, "-c", "from docs.render.vendor import node_modules; node_modules()")


@nox.session
def container(session: nox.Session) -> None:
    """Analyse and render in a container without network: `-- [--device cpu|cuda]`."""
    engine = next(filter(shutil.which, ("podman", "docker")), None)
    if engine is None:
        session.error("Neither podman nor docker is on the PATH; install one of them.")
    session.run(engine, "build", "--file", str(CONTAINERFILE), "--tag", IMAGE, str(ROOT))
    gpus = ["--gpus", "all"] if "cuda" in " ".join(session.posargs) else []
    when = ["--env", f"SOURCE_DATE_EPOCH={time}"] if (time := commit_time()) else []
    name = f"{IMAGE}-{os.getpid()}"
    session.run(
        engine, "create", "--name", name, "--network", "none", *when, *gpus, IMAGE, *session.posargs
    )
    try:
        session.run(engine, "start", "--attach", name)
        shutil.rmtree(BROUGHT_OUT, ignore_errors=True)
        BROUGHT_OUT.mkdir(parents=True)
        for product in ("site", "build/analyses"):
            session.run(engine, "cp", f"{name}:/project/{product}", str(BROUGHT_OUT))
    finally:
        session.run(engine, "rm", "--force", name)
    session.log(f"The site and its analyses are in {BROUGHT_OUT}")


@nox.session
def tests(session: nox.Session) -> None:
    """Build the site, then run the tests: all, or `-- --month SLUG` what a month can break."""
    environment(session, "analyse", "seeds", "render", "test", "lint")
    browser(session)
    build(session)
    python(session, "-m", "pytest", "-n", "auto", f"--site={SITE}", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and types; changes nothing."""
    environment(session, "analyse", "seeds", "render", "test", "lint")
    python(session, "-m", "ruff", "check")
    python(session, "-m", "ruff", "format", "--check")
    # Without this, pyright asks the network whether it is the newest.
    quiet = {"PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    python(session, "-m", "pyright", "--pythonpath", str(COMMANDS / "python"), env=quiet)
    python(session, "-m", "docs.contribute.scripts")
    workflows = ROOT / ".github" / "workflows"
    session.run(
        str(COMMANDS / "zizmor"), "--offline", "--no-progress", "--pedantic", str(workflows)
    )
    session.run(
        str(COMMANDS / "check-jsonschema"),
        "--builtin-schema",
        "vendor.github-workflows",
        *map(str, sorted(workflows.glob("*.yml"))),
    )


@nox.session
def bench(session: nox.Session) -> None:
    """Measure speed, memory and page weights against their budgets; `-- --tests` adds the tests."""
    environment(session, "analyse", "render", "test")
    python(session, "-m", "tests.bench", *session.posargs)


def environment(session: nox.Session, *groups: str) -> None:
    """Make sure that the shared environment exists and holds these dependency groups."""
    base = {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "machine": f"{sys.platform} {platform.machine()}",
        "constraints": hashlib.sha256(CONSTRAINTS.read_bytes()).hexdigest(),
        # The commands in it name their Python by its full path.
        "folder": str(ENVIRONMENT.resolve()),
    }
    stamp = ENVIRONMENT / "installed.json"
    installed = stamped(stamp)
    if installed["base"] != base or not shutil.which("python", path=str(COMMANDS)):
        # nox depends on virtualenv, which also works where Python came without ensurepip.
        session.run(sys.executable, "-m", "virtualenv", "--clear", "-q", str(ENVIRONMENT))
        installed = {"base": base, "groups": {}}
    wanted = {group: sorted(nox.project.dependency_groups(PYPROJECT, group)) for group in groups}
    lacking = [group for group in groups if installed["groups"].get(group) != wanted[group]]
    if lacking:
        session.log(f"Installing what is needed to {', '.join(lacking)}: minutes, once.")
        requirements = sorted({line for group in lacking for line in wanted[group]})
        # For what has no wheel and is built here. As an option, older pips would refuse it.
        pinned = {"PIP_BUILD_CONSTRAINT": str(CONSTRAINTS)}
        arguments = ["install", "-q", "-c", str(CONSTRAINTS), *requirements]
        python(session, "-m", "pip", *arguments, env=pinned)
        installed["groups"] |= wanted
        stamp.write_text(json.dumps(installed, indent=2))
    # npm and the browser's driver are looked up on the PATH.
    session.env["PATH"] = os.pathsep.join([os.environ["PATH"], str(COMMANDS)])
    # Pages run no start-up file of the user's, and no home needs to be writable.
    session.env["IPYTHONDIR"] = str(ENVIRONMENT / "ipython")


def stamped(stamp: Path) -> dict[str, dict]:
    """What an environment's stamp says was installed; nothing, if it is damaged or not there."""
    try:
        match json.loads(stamp.read_bytes()):
            case {"base": dict(base), "groups": dict(groups)}:
                return {"base": base, "groups": groups}
    except (OSError, ValueError, RecursionError):
        pass
    return {"base": {}, "groups": {}}


def python(session: nox.Session, *arguments: str, env: dict[str, str] | None = None) -> None:
    """Run the environment's Python."""
    session.run(str(COMMANDS / "python"), *arguments, env=env)


def build(session: nox.Session) -> None:
    """Run both stages, from checkpoints to pages."""
    python(session, "-m", "analyses", "all")
    python(session, "-m", "docs.render", "--output", str(SITE))


def browser(session: nox.Session) -> None:
    """Make sure that there is a Chromium for the tests to drive, or say what to install."""
    if any(shutil.which(name) for name in BROWSERS):
        return
    session.log("No Chromium or Chrome on the PATH: installing one.")
    try:
        if shutil.which("apt-get") and os.geteuid() == 0:
            session.run("apt-get", "update", "-qq")
            session.run("apt-get", "install", "-qq", "-y", "chromium", "chromium-driver")
        else:
            python(session, "-m", "playwright", "install", "chromium")
    except CommandFailed:
        session.error(
            "The tests drive a browser and none could be installed. Put Chromium or Chrome on "
            "the PATH (Debian, Ubuntu: apt-get install chromium chromium-driver) and try again."
        )


def commit_time() -> str:
    """When the last commit was made, in seconds since 1970: a container has no git to ask."""
    if not shutil.which("git"):
        return ""
    command = ["git", "log", "-1", "--format=%ct"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout.strip()


def free_port(first: int = 8000) -> int:
    """The first port from `first` on that nobody listens on."""
    for port in range(first, first + 100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise RuntimeError(f"no free port from {first} to {first + 99}; name one: nox -s serve -- PORT")
