"""The house is tidy: what no linter asks, asked of every file that is or could be committed.

Each list of exceptions below carries its reasons, and an exception that is no longer needed is
itself untidy.
"""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PRODUCT = ("domain", "rules", "policies", "audit", "adapters", "gateway", "analytics", "reports")

# Modules that are run, not imported.
ENTRANCES = {
    "adapters.fix.doorway": "the front door, a process of its own",
    "adapters.paper.__main__": "the paper broker, a process of its own",
    "gateway.cli": "the `ordergate` command",
    "gateway.reference": "`make docs`",
}

# One idea may need the room: a codec, a table.
LINES_MAX = 500
LONG = {"docs/reference/records.md": "every type of a record on one page, to be searched"}

BYTES_MAX = 1_000_000
HEAVY = {"adapters/fix/dictionaries/FIX50SP2.xml": "all of FIX 5.0 SP2, as counterparties know it"}

# Words that say the idea has not been found yet.
SHAPELESS = {
    *("base", "common", "data", "handler", "handlers", "helper", "helpers", "info", "manager"),
    *("managers", "misc", "processor", "service", "services", "stuff", "types", "util", "utils"),
}

UNFINISHED = re.compile(r"\b(?:TO[D]O|FIX[M]E|HAC[K])\b")
# What lies where on the machine it was written on, and where its packages came from.
HOMEBOUND = re.compile(
    r"(?<![\w.:/-])/(?:root|work|home|opt|Users)/\w"
    r"|pypi\.org|pythonhosted\.org|--(?:extra-)?index-url"
)
PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{32}")


@cache
def files() -> tuple[str, ...]:
    """Every file git keeps or would keep, as a path from the root."""
    git = ["git", "-C", str(ROOT), "-c", "safe.directory=*", "ls-files", "-z"]
    try:
        listed = subprocess.run(
            [*git, "--cached", "--others", "--exclude-standard"], check=True, capture_output=True
        )
    except (FileNotFoundError, subprocess.CalledProcessError):
        pytest.skip("git does not know this folder, so what belongs to it cannot be told")
    names = listed.stdout.decode().split("\0")
    return tuple(sorted(name for name in names if name and (ROOT / name).is_file()))


def text_of(name: str) -> str:
    """The text of a file; empty for one that is not text."""
    try:
        return (ROOT / name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def modules() -> dict[str, ast.Module]:
    """The product's modules by dotted name, parsed."""
    parsed = {}
    for name in files():
        path = Path(name)
        if path.suffix == ".py" and path.parts[0] in PRODUCT:
            parts = path.with_suffix("").parts
            dotted = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            parsed[dotted] = ast.parse(text_of(name), name)
    return parsed


def imports(tree: ast.Module) -> Iterator[str]:
    """Every dotted name a module imports; `from a import b` may mean `a` or `a.b`: both."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()[:100]}"
        for name in files()
        for number, line in enumerate(text_of(name).splitlines(), 1)
        if pattern.search(line)
    ]


def test_nothing_is_left_unfinished() -> None:
    assert lines_with(UNFINISHED) == []


def test_no_file_names_the_machine_it_was_written_on() -> None:
    assert lines_with(HOMEBOUND) == []


def test_no_private_key_is_committed() -> None:
    assert [name for name in files() if PRIVATE_KEY.search(text_of(name))] == []


@pytest.mark.parametrize(
    ("pattern", "seen", "passed_over"),
    [
        (UNFINISHED, "# TO" + "DO: later", "todos"),
        (HOMEBOUND, "open('/root" + "/x.log')", "GET /orders/root/1"),
        (HOMEBOUND, "see https://pypi" + ".org/simple", "https://example.com/work/1"),
        (
            PRIVATE_KEY,
            "-----BEGIN PRIVATE KEY-----\n" + "A" * 64,
            "-----BEGIN PRIVATE KEY-----` begins one",
        ),
    ],
)
def test_the_patterns_above_see_what_they_are_for(
    pattern: re.Pattern[str], seen: str, passed_over: str
) -> None:
    assert pattern.search(seen)
    assert not pattern.search(passed_over)


def test_no_product_module_is_imported_by_nobody() -> None:
    parsed = modules()
    wanted = {name for tree in parsed.values() for name in imports(tree)}
    packages = {dotted.rpartition(".")[0] for dotted in parsed}
    idle = {dotted for dotted in parsed if dotted not in wanted | packages | ENTRANCES.keys()}
    assert sorted(idle) == []


def test_every_entrance_exists_and_is_imported_by_nobody() -> None:
    parsed = modules()
    wanted = {name for tree in parsed.values() for name in imports(tree)}
    assert [name for name in ENTRANCES if name not in parsed or name in wanted] == []


def test_the_nouns_import_only_each_other_and_the_standard_library() -> None:
    strangers = [
        f"{dotted} imports {name}"
        for dotted, tree in modules().items()
        if dotted.split(".")[0] == "domain"
        for name in imports(tree)
        if name.split(".")[0] not in sys.stdlib_module_names | {"domain"}
    ]
    assert strangers == []


def test_no_module_has_a_name_without_a_shape() -> None:
    shapeless = [
        name
        for name in files()
        if name.endswith(".py")
        and any(
            word in SHAPELESS
            for part in Path(name).with_suffix("").parts
            for word in (part, *part.split("_"))
        )
    ]
    assert shapeless == []


def test_no_file_is_long_without_a_reason() -> None:
    lengths = {
        name: len(text_of(name).splitlines())
        for name in files()
        if Path(name).suffix in {".py", ".sh", ".md", ".js", ".css", ".html"}
    }
    long = {name for name, lines in lengths.items() if lines > LINES_MAX}
    assert sorted(long ^ LONG.keys()) == [], "long without a reason, or excused and no longer long"


def test_no_file_is_heavy_without_a_reason() -> None:
    heavy = {name for name in files() if (ROOT / name).stat().st_size > BYTES_MAX}
    assert sorted(heavy ^ HEAVY.keys()) == [], "heavy without a reason, or excused and light"


def test_every_policy_tells_editors_its_schema() -> None:
    found = [name for name in files() if re.fullmatch(r"policies/.*\.ya?ml", name)]
    policies = [name for name in found if ".trials" not in name]  # cases are no policies
    assert policies
    assert [
        name
        for name in policies
        if not text_of(name).startswith("# yaml-language-server: $schema=")
    ] == []


def test_every_kind_of_rule_has_cases() -> None:
    kinds = {found[1] for name in modules() if (found := re.match(r"rules\.kinds\.(\w+)", name))}
    cases = {
        found[1]
        for name in files()
        if (found := re.match(r"tests/rules/cases/(\w+)(?:/|\.ya?ml)", name))
    }
    assert kinds
    assert sorted(kinds - cases) == [], "kinds without cases"
    assert sorted(cases - kinds) == [], "cases of no kind"


def test_the_changelog_begins_with_what_is_unreleased() -> None:
    headings = re.findall(r"^## (.+)$", text_of("CHANGELOG.md"), re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert all(re.fullmatch(r"\d+\.\d+\.\d+ - \d{4}-\d\d-\d\d", one) for one in headings[1:])


def test_the_lock_pins_every_dependency_with_a_hash() -> None:
    lock = text_of("requirements/lock.txt") + text_of("requirements/quickfix.txt")
    pins = re.findall(r"^([\w.-]+)==([\w.]+)(.*?)(?=^\S|\Z)", lock, re.MULTILINE | re.DOTALL)
    assert [name for name, _, rest in pins if "--hash=sha256:" not in rest] == []

    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    stated = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    pinned = {canonicalize_name(name): version for name, version, _ in pins}
    unanswered = [
        wanted
        for wanted in stated
        if not (
            (version := pinned.get(canonicalize_name(Requirement(wanted).name)))
            and Requirement(wanted).specifier.contains(version)
        )
    ]
    assert unanswered == [], "stated in pyproject.toml, not answered by the lock: run `make lock`"
