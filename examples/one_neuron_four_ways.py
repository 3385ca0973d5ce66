"""One neuron, shown four ways: the rule, the drawing, a step of the chain rule, the compiled lines."""

import inspect
import re
from html import escape
from pathlib import Path

from micrograd_bp import OPERATIONS, Value, compile, draw, steps

w, x, b = Value(-3.0, label="w"), Value(2.0, label="x"), Value(6.9, label="b")
z = w * x + b
y = z.tanh()
z.label, y.label = "z", "y"
y.backward()

rule = inspect.getsource(OPERATIONS["tanh"].rule).strip()
step = str(next(iter(steps(y)))).replace("upstream gradient · local derivative", "upstream · local")
program = compile(y, inputs={"x": [x]}, parameters=[w, b], form="matrices")
names = ("z", "y", "loss", "d_z", "d_w", "d_b")
lines = [line.split("  #")[0].strip() for line in program.source.splitlines()]
compiled = "\n".join(line for line in lines if line.startswith(tuple(f"{name} =" for name in names)))
assert "xp.tanh" in rule and "np.tanh" in compiled and "tanh" in step
print(
    f"The rule:\n\n{rule}\n\nA step back through it:\n\n{step}\n\nThe compiled lines, for a whole batch:\n\n{compiled}"
)

# The same as one picture: three panels of text, and the drawing, which is an SVG of its own.
svg = str(draw(y).pipe(format="svg", encoding="utf-8"))
drawing = svg[svg.index("<svg") :]
width, height = (float(number) for number in re.findall(r'(?:width|height)="([\d.]+)pt"', drawing)[:2])
ROW, LEFT, RIGHT = 20, 24, 390
scale = 600 / width
drawing = re.sub(
    r'width="[\d.]+pt" height="[\d.]+pt"',
    f'x="{RIGHT}" y="50" width="{width * scale:.0f}" height="{height * scale:.0f}"',
    drawing,
    count=1,
)


def panel(title: str, text: str, left: float, top: float) -> str:
    """A heading and lines of text."""
    parts = [f'<text x="{left}" y="{top}" class="title">{escape(title)}</text>']
    for number, line in enumerate(text.splitlines(), start=1):
        parts.append(
            f'<text x="{left}" y="{top + 6 + ROW * number}" class="code" xml:space="preserve">{escape(line)}</text>'
        )
    return "\n".join(parts)


below = 70 + height * scale
bottom = below + 7 * ROW
panels = [
    panel("the rule", rule, LEFT, 36),
    panel("the drawing", "", RIGHT, 36),
    panel("compiled, for a whole batch", compiled, LEFT, below),
    panel("a step of the chain rule", step, RIGHT, below),
]
picture = f"""<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
  viewBox="0 0 1010 {bottom:.0f}" width="1010" height="{bottom:.0f}" role="img">
<title>One neuron as its rule, its drawing, a step of the chain rule, and compiled lines</title>
<style>.code {{ font: 14px monospace; }} .title {{ font: bold 16px sans-serif; fill: #0072b2; }}</style>
<rect width="100%" height="100%" fill="white"/>
{chr(10).join(panels)}
{drawing}
</svg>
"""
pictures = Path(__file__).parent / "pictures"
pictures.mkdir(exist_ok=True)
(pictures / "one_neuron_four_ways.svg").write_text(picture, encoding="utf-8")
