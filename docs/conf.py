"""The site of the documents: `pip install ".[docs]"`, then `sphinx-build -W --keep-going -c docs . build/site`.

The documents are those of the repository, where they are: a link that works there works on the site.
"""

import re
import shutil
from pathlib import Path

from sphinx.application import Sphinx

from micrograd_bp import OPERATIONS

project = "micrograd_bp"
html_show_copyright = False
html_theme = "furo"
html_title = project
root_doc = "README"
include_patterns = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "docs/**",
    "examples/README.md",
    "examples/exercises/README.md",
]
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]

myst_heading_anchors = 3  # as on GitHub
default_role = "code"
napoleon_use_ivar = True
autodoc_member_order = "bysource"
autodoc_typehints = "description"
maximum_signature_line_length = 80
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0072b2", "color-brand-content": "#0072b2"},
    "dark_css_variables": {"color-brand-primary": "#56b4e9", "color-brand-content": "#56b4e9"},
}
html_static_path = ["static"]
html_css_files = ["site.css"]

CONTENTS = {
    "Seeing": ["docs/values", "docs/networks", "docs/drawing", "docs/stepping", "docs/debugging"],
    "Checking": ["docs/checking"],
    "Computing": ["docs/derivatives", "docs/compiling", "docs/performance"],
    "Learning": ["docs/lessons", "examples/README", "examples/exercises/README"],
    "Others": ["docs/from_micrograd", "docs/beside_others"],
    "Reference": [
        "docs/reference/" + name for name in ("values", "operations", "networks", "seeing", "checking", "compiling")
    ],
    "The code": ["docs/architecture", "CONTRIBUTING", "CHANGELOG"],
}
"""The documents in their order, beside each page."""


def complete(app: Sphinx, document: str, source: list[str]) -> None:
    """Adds what only the site has, the contents and each operation's formulas; takes links to folders away."""
    source[0] = re.sub(r"\[([^\]]*)\]\((?!https?:)[^)]*/\)", r"\1", source[0])
    if document == root_doc:
        for caption, documents in CONTENTS.items():
            names = "\n".join(documents)
            source[0] += f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{names}\n```\n"
    if document == "docs/reference/operations":
        for name, operation in OPERATIONS.items():
            source[0] += f"\n## {name}\n\n```text\n{operation.formula()}\n```\n"


def prepare(app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]) -> None:
    """Says of an indented block of a docstring that it is code, and names a section as napoleon knows it."""
    lines[:] = ["Raises:" if line == "Raises (when called):" else line for line in lines]
    starts = [at for at in range(2, len(lines)) if lines[at].startswith("    ") and not lines[at - 1]]
    for at in reversed([at for at in starts if lines[at - 2] and not lines[at - 2].startswith(" ")]):
        lines[at:at] = ["::", ""]


def begin_with_the_readme(app: Sphinx, problem: Exception | None) -> None:
    """Gives the first page the name that servers and browsers look for."""
    if problem is None:
        shutil.copy(Path(app.outdir, "README.html"), Path(app.outdir, "index.html"))


def setup(app: Sphinx) -> None:
    """What Sphinx calls first."""
    app.connect("build-finished", begin_with_the_readme)
    app.connect("source-read", complete)
    app.connect("autodoc-process-docstring", prepare, priority=400)  # before the sections are read
