"""``.env.example`` as the settings class gives it. Write the file anew after a setting changed:

python -m tests.support.env_example --write
"""

import sys
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from app.core.config import Settings
from app.core.paths import repo_root

FILE: Path = repo_root() / ".env.example"

HEAD = """\
# Настройки Ambar: скопируйте этот файл в .env и впишите своё. Пустая строка — значение по умолчанию.
# Те же имена понимаются как переменные окружения (они важнее) и как имена файлов в папке
# CREDENTIALS_DIRECTORY (учётные данные systemd). Другой файл вместо .env называет AMBAR_ENV_FILE.
"""


def env_example() -> str:
    """Every setting: its sentence, then its name with the default, which a comment sign leaves in force."""
    return HEAD + "".join(_entry(name, field) for name, field in Settings.model_fields.items())


def _entry(name: str, field: FieldInfo) -> str:
    default: Any = str(field.default).lower() if isinstance(field.default, bool) else field.default
    line = f"{name.upper()}=" if default is None else f"# {name.upper()}={default}"
    return f"\n# {field.description}\n{line}\n"


if __name__ == "__main__":
    if "--write" in sys.argv:
        FILE.write_text(env_example(), encoding="utf-8")
    sys.exit(FILE.read_text(encoding="utf-8") != env_example())
