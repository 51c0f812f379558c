"""`somel warm`: compile all kernels now, so that nothing waits for a compiler later."""

from typing import Annotated

import typer

Jobs = Annotated[
    int | None, typer.Option(min=1, help="Processes at once; as many as there are processors when left out.")
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Say only what takes time.")]


def warm(jobs: Jobs = None, quiet: Quiet = False) -> None:
    """Compile all kernels once; later starts load them from the disk. A second run takes seconds."""
    from somel.warming import compiled, parts

    total = len(parts())
    for number, (part, took_s) in enumerate(compiled(jobs=jobs), start=1):
        if not quiet or took_s > TOLD_S:
            typer.echo(f"kernels: {part} ready after {took_s:.0f} s ({number} of {total})")


#: What takes less than this was compiled before. [s]
TOLD_S = 3.0
