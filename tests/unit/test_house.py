"""The house rules that no linter knows: sizes, names, who may call what. Each fails by naming file and line."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "tieout"
SOURCE_LINES_MAX = 400
TEST_LINES_MAX = 600
FUNCTION_LINES_MAX = 70
TRACKED_FILE_BYTES_MAX = 5_000_000

GENERATED = SOURCE / "storage" / "migrations" / "versions"
"""Written by a command: a step is as long as it is."""

PLATFORM_WORDS = re.compile(r"quickbooks|xero|intuit", re.IGNORECASE)
MAY_NAME_PLATFORMS = (
    "platforms/quickbooks/",
    "platforms/xero/",
    "api/enumerations.json",  # the contract's own values
    "api/contract_paths.json",  # the contract's own paths
)
MAY_CALL_OUTSIDE = (
    "platforms/transport.py",
    "platforms/oauth.py",
    "security/outbound.py",
    "sandbox/webhooks/deliveries.py",
    "cli/",
)
MAY_COMMIT = ("storage/database.py",)
MAY_READ_THE_CLOCK = ("kit/clock.py",)

MACHINE_PATH = re.compile(r"(?<![\w.~}\"'$])/(?:work|root|home|Users|tmp|var/folders)/[\w.-]")
REGISTRY = re.compile(
    r"https?://[^\s\"'<>]*(?:pypi|pythonhosted|/simple\b|artifactory|devpi|nexus)|--(?:extra-)?index-url", re.IGNORECASE
)
LATER = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
EXCUSE = re.compile(
    r"#\s*(noqa|type:\s*ignore)(?P<which>:?\s*[A-Z]+\d+(?:\s*,\s*[A-Z]+\d+)*|\[[\w, -]+\])?(?P<rest>.*)"
)
REASON = re.compile(r"^\s*(?:-|#)\s*\S.{3,}")
VAGUE_NAMES = frozenset(("manager", "helper", "helpers", "util", "utils", "base", "common", "misc", "data", "info"))


def below(folder: Path, *suffixes: str) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix in suffixes and "__pycache__" not in path.parts)


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def in_source(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


@cache
def lines_of(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def python_files() -> list[Path]:
    return [path for folder in ("src", "tests", "benchmarks") for path in below(ROOT / folder, ".py")]


@cache
def tracked_files() -> list[Path]:
    """What the repository holds; without git, whatever lies in it apart from what commands made."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)  # noqa: S607 - git, with fixed arguments
    if listed.returncode == 0:
        names = listed.stdout.decode().split("\0")
        return [ROOT / name for name in names if name and (ROOT / name).is_file()]
    made = {".git", ".venv", ".hypothesis", ".mypy_cache", ".ruff_cache", "__pycache__", "var"}
    return [path for path in ROOT.rglob("*") if path.is_file() and not made & set(path.relative_to(ROOT).parts)]


def tracked_texts() -> Iterator[tuple[Path, list[str]]]:
    for path in tracked_files():
        if path.stat().st_size <= TRACKED_FILE_BYTES_MAX:
            try:
                yield path, lines_of(path)
            except UnicodeDecodeError:
                continue


@cache
def nodes_of(path: Path) -> list[ast.AST]:
    return list(ast.walk(tree_of(path)))


def dotted(node: ast.expr) -> str:
    """A name as it is written: `datetime.now` for the function of `datetime.now(UTC)`."""
    names = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    names.append(node.id if isinstance(node, ast.Name) else "…")
    return ".".join(reversed(names))


def calls_of(path: Path) -> Iterator[tuple[int, str]]:
    return ((node.lineno, dotted(node.func)) for node in nodes_of(path) if isinstance(node, ast.Call))


def imports_of(path: Path) -> Iterator[str]:
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_source_files_stay_below_400_lines_and_tests_below_600() -> None:
    too_long = [
        f"{named(path)}: {len(lines_of(path))} lines"
        for path in python_files()
        if GENERATED not in path.parents
        and len(lines_of(path)) >= (SOURCE_LINES_MAX if SOURCE in path.parents else TEST_LINES_MAX)
    ]
    assert too_long == []


def test_functions_stay_below_70_lines() -> None:
    too_long = [
        f"{named(path)}:{node.lineno} {node.name}: {lines} lines"
        for path in python_files()
        if GENERATED not in path.parents
        for node in nodes_of(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) >= FUNCTION_LINES_MAX
    ]
    assert too_long == []


def test_packages_hold_a_docstring_and_nothing_else() -> None:
    full = [
        named(path)
        for path in below(SOURCE, ".py")
        if path.name == "__init__.py" and (len(tree_of(path).body) != 1 or not ast.get_docstring(tree_of(path)))
    ]
    assert full == []


def test_every_folder_of_modules_is_a_package() -> None:
    folders = {path.parent for path in below(SOURCE, ".py")}
    assert [named(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_platforms_are_named_in_their_own_folders_only() -> None:
    named_elsewhere = [
        f"{named(path)}:{number} {line.strip()[:80]}"
        for path in below(SOURCE, ".py", ".json", ".html", ".css", ".js", ".sql", ".toml")
        if not in_source(path).startswith(MAY_NAME_PLATFORMS)
        for number, line in enumerate(lines_of(path), 1)
        if PLATFORM_WORDS.search(line)
    ]
    assert named_elsewhere == []


def test_platforms_do_not_name_one_another() -> None:
    elsewhere = {
        "quickbooks": re.compile("xero", re.IGNORECASE),
        "xero": re.compile("quickbooks|intuit", re.IGNORECASE),
    }
    found = [
        f"{named(path)}:{number} {line.strip()[:80]}"
        for platform, other in elsewhere.items()
        for path in below(SOURCE / "platforms" / platform, ".py")
        for number, line in enumerate(lines_of(path), 1)
        if other.search(line)
    ]
    assert found == []


def test_only_a_few_modules_call_the_outside() -> None:
    found = [
        f"{named(path)} imports {module}"
        for path in below(SOURCE, ".py")
        if not in_source(path).startswith(MAY_CALL_OUTSIDE)
        for module in imports_of(path)
        if module.partition(".")[0] in {"httpx", "httpx2", "httpcore", "httpcore2", "requests", "aiohttp", "urllib3"}
        or module in {"urllib.request", "http.client", "smtplib"}
    ]
    assert found == []


def test_nobody_reads_the_machines_clock_but_the_clock() -> None:
    now = re.compile(r"(?:^|\.)(?:datetime\.(?:now|utcnow|today)|date\.today|time\.time)$")
    found = [
        f"{named(path)}:{line} {call}()"
        for path in below(SOURCE, ".py")
        if not in_source(path).startswith(MAY_READ_THE_CLOCK)
        for line, call in calls_of(path)
        if now.search(call)
    ]
    assert found == []


def test_nobody_commits_but_the_database() -> None:
    """A lane's `turn.commit()` is a write transaction of the database, no commit of its own."""
    found = [
        f"{named(path)}:{line} {call}()"
        for path in below(SOURCE, ".py")
        if not in_source(path).startswith(MAY_COMMIT)
        for line, call in calls_of(path)
        if call.endswith(".commit") and not call.endswith("turn.commit")
    ]
    assert found == []


def test_no_file_names_a_place_of_somebodys_machine() -> None:
    found = [
        f"{named(path)}:{number} {line.strip()[:100]}"
        for path, lines in tracked_texts()
        if path != Path(__file__)
        for number, line in enumerate(lines, 1)
        if MACHINE_PATH.search(line)
    ]
    assert found == []


def test_no_file_names_a_package_registry() -> None:
    found = [
        f"{named(path)}:{number} {line.strip()[:100]}"
        for path, lines in tracked_texts()
        if path != Path(__file__)
        for number, line in enumerate(lines, 1)
        if REGISTRY.search(line)
    ]
    assert found == []


def test_every_locked_package_carries_a_hash() -> None:
    for path in sorted(ROOT.glob("requirements*.lock")):
        joined = "\n".join(lines_of(path)).replace("\\\n", " ")
        pins = [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]
        assert pins, named(path)
        assert [pin[:60] for pin in pins if "==" not in pin or "--hash=sha256:" not in pin] == [], named(path)


def test_every_exception_to_a_rule_carries_its_reason() -> None:
    without = [
        f"{named(path)}:{number} {line.strip()[-100:]}"
        for path in python_files()
        if path != Path(__file__)
        for number, line in enumerate(lines_of(path), 1)
        if (excuse := EXCUSE.search(line)) and not (excuse["which"] and REASON.match(excuse["rest"]))
    ]
    assert without == []


def test_nothing_is_left_for_later() -> None:
    found = [
        f"{named(path)}:{number} {line.strip()[:100]}"
        for path, lines in tracked_texts()
        if path.suffix != ".lock"
        for number, line in enumerate(lines, 1)
        if LATER.search(line)
    ]
    assert found == []


def test_modules_say_what_they_are_in_their_names() -> None:
    vague = [named(path) for path in below(SOURCE, ".py") if VAGUE_NAMES & set(path.stem.split("_"))]
    assert vague == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [named(path) for path in python_files() if SOURCE in path.parents and not ast.get_docstring(tree_of(path))]
    assert silent == []


@pytest.mark.parametrize(
    ("line", "has_reason"),
    [
        ("x = 1  # no" + "qa: S311 - spreads load, guards nothing", True),
        ("x = 1  # no" + "qa: S603,S607 - git, with fixed arguments", True),
        ("x = 1  # type: ig" + "nore[arg-type] # both yield the URL", True),
        ("x = 1  # type: ig" + "nore[arg-type] - both yield the URL", True),
        ("x = 1  # no" + "qa: S311", False),
        ("x = 1  # no" + "qa", False),
        ("x = 1  # type: ig" + "nore", False),
        ("x = 1  # type: ig" + "nore[arg-type]", False),
    ],
)
def test_a_reason_is_recognised(line: str, *, has_reason: bool) -> None:
    excuse = EXCUSE.search(line)
    assert excuse is not None
    assert bool(excuse["which"] and REASON.match(excuse["rest"])) is has_reason
