"""Where things lie on the disk: one place decides, everybody asks it.

Nothing here creates a folder; whoever writes into one makes it.
"""

import os
from pathlib import Path

MASTER_KEY = "master.key"


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
    """The file of the master key: ``MASTER_KEY_FILE``, else systemd's credential ``master.key`` if the
    service was given one, else ``master.key`` in the data folder."""
    if setting is not None:
        return Path(setting).expanduser().absolute()
    given = credentials_dir()
    if given is not None and (given / MASTER_KEY).exists():
        return given / MASTER_KEY
    return data / MASTER_KEY


def old_key_file(setting: Path | None, current: Path) -> Path:
    """The former master key during a rotation: ``MASTER_KEY_OLD_FILE``, or beside the current one."""
    return (
        Path(setting).expanduser().absolute()
        if setting is not None
        else current.with_name(current.name + ".old")
    )


def credentials_dir() -> Path | None:
    """Where systemd puts a service's credentials."""
    told = os.environ.get("CREDENTIALS_DIRECTORY")
    return Path(told) if told else None


def metrics_dir(data: Path) -> Path:
    """Where each process leaves what it counted, for the page /metrics."""
    return data / "metrics"


def backup_note(data: Path) -> Path:
    """What is known of the last copy of the database: written by ``backup``, read by ``doctor``."""
    return data / "last-backup.json"
