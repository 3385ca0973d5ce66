"""A program that is killed while it saves: at each line of `write_bytes`, then at random moments. Prints what is left.

Its children are forks, so that hundreds of them take seconds.
"""

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from micrograd_bp import MLP, SGD, ModelObjective, Training, Value, draw, mse, write_page
from micrograd_bp.files import write_bytes

N_WEIGHTS = 300


def network(number: float) -> MLP:
    """All of its parameters are `number`."""
    made = MLP(N_WEIGHTS, [1], rng=0)
    for parameter in made.parameters():
        parameter.data = number
    return made


def training(number: float) -> Training:
    return Training(ModelObjective(network(number), mse), SGD(0.1), [[0.0] * N_WEIGHTS], [1.0])


def neuron(number: float) -> Value:
    return (Value(number, label=f"x{number}") * 2.0).tanh()


SAVERS: dict[str, Callable[[float, Path], Any]] = {
    "model.json": lambda number, path: network(number).save(path),
    "run.json": lambda number, path: training(number).save(path),
    "page.html": lambda number, path: write_page(neuron(number), path),
    "drawing.svg": lambda number, path: draw(neuron(number)).render(outfile=path, cleanup=True),
}


def die_at(line: int) -> Callable[..., Any]:
    """A tracing function that ends the process, as `kill -9` does, before a line of `write_bytes` or after its last."""
    seen = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal seen
        if frame.f_code is not write_bytes.__code__:
            return None
        if event in ("line", "return"):
            seen += 1
            if seen == line:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    return trace


def killed_at_line(save: Callable[[], Any], line: int) -> bool:
    """Whether the child that saves got as far as that line, and was killed there."""
    child = os.fork()
    if child == 0:
        sys.settrace(die_at(line))
        save()
        os._exit(0)
    return os.waitpid(child, 0)[1] == signal.SIGKILL


def killed_after(save: Callable[[], Any], seconds: float) -> None:
    """The child saves again and again until it is killed."""
    child = os.fork()
    if child == 0:
        while True:
            save()
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def main(folder: Path, moments: int) -> None:
    """For each kind of file: how often a child was killed, how often the new file was there, and what was broken."""
    rng = random.Random(0)
    report = {}
    for name, save in SAVERS.items():
        path = folder / name
        save(2.0, path)
        new = path.read_bytes()
        save(1.0, path)
        old = path.read_bytes()
        lines = renewed = 0
        broken = []
        while True:
            path.write_bytes(old)
            if not killed_at_line(lambda save=save, path=path: save(2.0, path), lines + 1):
                break
            lines += 1
            renewed += path.read_bytes() == new
            broken += [f"line {lines}"] if path.read_bytes() not in (old, new) else []
        for _ in range(moments):
            path.write_bytes(old)
            seconds = rng.uniform(0.0, 0.03)
            killed_after(lambda save=save, path=path: save(2.0, path), seconds)
            broken += [f"{seconds} s"] if path.read_bytes() not in (old, new) else []
        report[name] = {"lines": lines, "renewed": renewed, "broken": broken, "differ": old != new}
    print(json.dumps(report))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
