"""Where things lie on the disk: one place decides, everybody asks it.

Nothing here creates a folder; whoever writes into one makes it.
"""

from pathlib import Path


def repo_root() -> Path:
    """The folder of the launcher, ``migrations`` and ``.env.example``."""
    return Path(__file__).resolve().parents[2]


def data_dir(setting: Path | None) -> Path:
    """The data folder, absolute: ``AMBAR_DATA``, or ``.data`` beside the program.

    A relative setting is taken from the current folder, as every command line tool does.
    """
    if setting is None:
        return repo_root() / ".data"
    return Path(setting).expanduser().absolute()


def demo_data_dir(setting: Path | None) -> Path:
    """The demo's own data folder: invented figures never share a database with real ones."""
    return data_dir(setting) / "demo"


def cluster_dir(data: Path) -> Path:
    """The embedded server's folder inside a data folder: cluster, password, locks, log."""
    return data / "postgres"


def master_key_file(setting: Path | None, data: Path) -> Path:
    """The file of the master key: ``MASTER_KEY_FILE``, or ``master.key`` in the data folder."""
    return Path(setting).expanduser().absolute() if setting is not None else data / "master.key"
