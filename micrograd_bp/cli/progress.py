"""Progress of a long command: a bar in a terminal, a few plain lines anywhere else."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[int, float], None]


@contextmanager
def progress(what: str, total: int) -> Iterator[Advance]:
    """Shows how far a run of `total` epochs is.

    Yields:
        A function to be called with the number of finished epochs and the loss.
    """
    if sys.stdout.isatty():
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[state]}"),
            TimeRemainingColumn(),
        )
        with Progress(*columns) as bar:
            task = bar.add_task(what, total=total, state="")
            yield lambda epoch, loss: bar.update(task, completed=epoch, state=f"epoch {epoch}/{total}  loss {loss:.4f}")
    else:

        def print_some(epoch: int, loss: float) -> None:
            if epoch == 1 or epoch == total or epoch % max(1, total // 5) == 0:
                print(f"  epoch {epoch:>3}/{total}  loss {loss:.4f}", flush=True)

        yield print_some
