"""Progress on long work: a bar a stage on a terminal, a line a stage elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from app.services.names import source_name
from app.services.night import Progress as Report


@contextmanager
def bars(console: Console) -> Iterator[Report]:
    """A function to tell progress to: (stage, done, total)."""
    if not console.is_terminal:
        yield _lines(console)
        return
    tasks: dict[str, TaskID] = {}
    with Progress(
        TextColumn("{task.description:<24}"),
        BarColumn(bar_width=32),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    ) as progress:

        def tell(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = progress.add_task(source_name(stage), total=total)
            progress.update(tasks[stage], completed=done, total=total)

        yield tell


def _lines(console: Console) -> Report:
    finished: set[str] = set()  # a stage may run several times: a recalculation of each stale month

    def tell(stage: str, done: int, total: int) -> None:
        if done == total and stage not in finished:
            finished.add(stage)
            console.print(f"  {source_name(stage)}: {done}/{total}", highlight=False)

    return tell
