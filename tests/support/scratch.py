"""Where the servers of a run keep their files."""

import shutil
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")
_ROOM = 4 * 2**30


def scratch() -> Path:
    """Memory where there is plenty of it, else the folder for temporary files.

    Every database of a test is 800 files made and deleted again, and ext4 searches long for a number for
    a new file after many were deleted: a quarter of the suite's time went there.
    """
    try:
        return _MEMORY if shutil.disk_usage(_MEMORY).free > _ROOM else Path(tempfile.gettempdir())
    except OSError:
        return Path(tempfile.gettempdir())
