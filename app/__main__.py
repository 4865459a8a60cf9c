"""``python -m app``: the command line."""

import gc

gc.disable()  # what is imported stays: to look for garbage in it was a quarter of a process's start

from app.cli import main  # noqa: E402

if __name__ == "__main__":
    main()
