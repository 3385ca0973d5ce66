"""The notebook among the examples can be looked at without running it."""

import json
from pathlib import Path

NOTEBOOK = Path(__file__).parents[2] / "examples" / "gradient_flow.ipynb"


def test_the_saved_outputs_are_all_there() -> None:
    cells = [cell for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    outputs = [output for cell in cells for output in cell["outputs"]]
    kinds = [kind for output in outputs for kind in output.get("data", {})]
    assert all(cell["outputs"] for cell in cells)
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert kinds.count("image/svg+xml") >= 7
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
