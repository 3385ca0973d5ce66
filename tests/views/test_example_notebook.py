"""The notebook among the examples can be looked at without running it."""

import json
from pathlib import Path
from typing import Any

NOTEBOOK = Path(__file__).parents[2] / "examples" / "gradient_flow.ipynb"


def test_the_saved_outputs_are_all_there() -> None:
    cells = [cell for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    outputs = [output for cell in cells for output in cell["outputs"]]
    kinds = [kind for output in outputs for kind in output.get("data", {})]
    assert all(cell["outputs"] for cell in cells)
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert kinds.count("image/svg+xml") >= 7
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))


def test_what_it_says_of_a_flat_tanh_is_what_comes_out() -> None:
    """The gradients before are not added in."""
    names: dict[str, Any] = {}
    for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
            if "saturated" in names:
                break
    assert 0.0 < abs(names["x1"].grad) < 0.001
    assert "-1.501" not in str(cell["outputs"])
