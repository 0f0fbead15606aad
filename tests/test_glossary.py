"""docs/glossary.md: in order, and each term lives where it says. No document names a file that is gone."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINE = re.compile(
    r"^\| (?P<term>[^|]+) \| (?P<meaning>[^|]+) \| `(?P<file>[\w/]+\.py)` → `(?P<name>[\w.]+)` \|$"
)


def terms():
    rows = [
        row for row in (ROOT / "docs/glossary.md").read_text("utf-8").splitlines() if row.startswith("| ")
    ]
    found = [LINE.match(row) for row in rows[1:]]
    assert None not in found, rows[1 + found.index(None)]
    return found


def defined(file):
    """Functions, classes and constants of a module; what a class defines, behind its name."""

    def names(body, before=""):
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                yield before + node.name
            if isinstance(node, ast.ClassDef):
                yield from names(node.body, f"{before}{node.name}.")
            if isinstance(node, ast.Assign):
                yield from (before + target.id for target in node.targets if isinstance(target, ast.Name))
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                yield before + node.target.id

    return set(names(ast.parse((ROOT / file).read_text("utf-8")).body))


def test_each_term_lives_where_the_glossary_says():
    missing = [row["term"] for row in terms() if row["name"] not in defined(row["file"])]
    assert missing == []


def test_the_glossary_is_in_the_order_of_the_alphabet_and_names_nothing_twice():
    words = [row["term"].partition(",")[0] for row in terms()]
    assert words == sorted(words)
    whole = [row["term"] for row in terms()]
    assert len(set(whole)) == len(whole)


def test_the_documents_name_files_that_exist():
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    missing = {
        (document.name, path)
        for document in documents
        for path in re.findall(r"`([\w/]+/[\w/]*\w+\.(?:py|css|js|html))`", document.read_text("utf-8"))
        if not (ROOT / path).exists() and not any(ROOT.glob(f"*/{path}"))
    }
    assert missing == set()
