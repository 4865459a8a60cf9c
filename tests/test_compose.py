"""compose.yaml and the Dockerfile without an engine: what they name exists, and nothing is left open.

What a container would do at its first start is done here: the secrets are made by the script, and the
database is prepared by the mounted SQL on a real server that has no roles yet.
"""

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from sqlalchemy import make_url, text

from app.cli import build
from app.cli.supervisor import PATIENCE
from app.core.config import Settings
from app.core.paths import repo_root
from app.db.embedded.binaries import binaries
from app.db.history import revisions
from app.db.install import migrate
from app.db.roles import APP, OWNER, PLATFORM
from app.db.session import Database
from app.services.vitals import look_ready
from tests.support.databases import superuser, virgin_server
from tests.support.refusals import refused

ROOT = repo_root()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("migrate", "ambar")
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")

each = pytest.mark.parametrize("name", list(SERVICES))
each_of_ours = pytest.mark.parametrize("name", OURS)


def instructions(word: str) -> list[str]:
    """Of the Dockerfile, with continued lines joined."""
    joined = DOCKERFILE.replace("\\\n", " ")
    return [line.removeprefix(word).strip() for line in joined.splitlines() if line.startswith(word + " ")]


def seconds(told: str) -> float:
    return float(told.removesuffix("s"))


def test_there_are_the_three_that_were_asked_for_and_who_migrates() -> None:
    assert set(SERVICES) == {"postgres", "ambar", "adminer", "migrate"}
    assert set(COMPOSE) <= {"name", "services", "networks", "volumes", "secrets", "x-settings", "x-closed"}


@each
def test_an_image_is_ours_or_pinned_to_a_release(name: str) -> None:
    service = SERVICES[name]
    if "build" in service:
        assert (service["build"], service["image"]) == (".", "ambar:local")
    else:
        assert re.fullmatch(r"[a-z]+:\d+\.\d+(\.\d+)?(-[a-z]+)?", service["image"]), service["image"]


def test_the_base_image_is_pinned_and_its_python_is_one_of_ours() -> None:
    (base,) = instructions("FROM")
    found = re.fullmatch(r"python:(3)\.(\d+)\.\d+-slim", base)
    assert found
    assert 11 <= int(found[2]) <= 14


def test_our_image_has_the_client_programs_of_the_server() -> None:
    """``backup`` and ``restore`` want the server's own major version."""
    assert SERVICES["postgres"]["image"].partition(":")[2].split(".")[0] == binaries().major


@each
def test_what_a_service_refers_to_is_declared(name: str) -> None:
    service = SERVICES[name]
    assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])
    assert set(service["networks"]) <= set(COMPOSE["networks"])
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        assert (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"], volume
    for other, wait in service.get("depends_on", {}).items():
        assert wait["condition"] in ("service_healthy", "service_completed_successfully")
        assert (wait["condition"] == "service_healthy") == ("healthcheck" in SERVICES[other]), other


@each_of_ours
def test_what_is_set_is_a_setting(name: str) -> None:
    environment = SERVICES[name]["environment"]
    assert {key.lower() for key in environment} - {"credentials_directory"} <= set(Settings.model_fields)
    assert environment["CREDENTIALS_DIRECTORY"] == "/run/secrets"
    assert set(SERVICES[name]["secrets"]) <= set(Settings.model_fields)
    assert SERVICES[name]["networks"][0] == "inside"


def test_who_serves_people_has_no_key_to_the_schema() -> None:
    assert set(SERVICES["ambar"]["secrets"]) == {"telegram_token", "database_url"}
    assert "admin_database_url" in SERVICES["migrate"]["secrets"]
    assert "secrets" not in SERVICES["adminer"]


def test_no_secret_stands_in_a_file_that_is_kept() -> None:
    for told in COMPOSE["secrets"].values():
        assert list(told) == ["file"]
        assert told["file"].startswith("./secrets/")
    assert "secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    words = (ROOT / "compose.yaml").read_text("utf-8") + DOCKERFILE
    values = [value for service in SERVICES.values() for value in service.get("environment", {}).values()]
    assert not any(
        re.search(r"(?i)password=|postgresql://|eyJ|\d{8,}:[\w-]{30}", word)
        for word in [words, *map(str, values)]
    )
    named = {key for service in SERVICES.values() for key in service.get("environment", {})}
    assert not {key for key in named if re.search("(?i)token|password$|dsn|url|secret", key)}


@each
def test_a_port_is_this_machines_only(name: str) -> None:
    for port in SERVICES[name].get("ports", []):
        assert port.startswith("127.0.0.1:"), port
    told = {"ambar": ["127.0.0.1:8000:8000"], "adminer": ["127.0.0.1:8080:8080"]}
    assert SERVICES[name].get("ports", []) == told.get(name, [])


def test_the_database_is_reached_from_inside_only() -> None:
    assert SERVICES["postgres"]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}


@pytest.mark.parametrize("name", ["postgres", "ambar", "adminer"])
def test_what_stays_up_is_watched_and_comes_back(name: str) -> None:
    service = SERVICES[name]
    assert service["restart"] == "unless-stopped"
    assert set(service["healthcheck"]) >= {"test", "interval", "timeout", "retries"}
    assert service["healthcheck"]["test"][0] == "CMD"
    assert SERVICES["migrate"]["restart"] == "no"


@pytest.mark.parametrize("name", ["migrate", "ambar", "adminer"])
def test_a_container_is_closed(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service


def test_ambar_is_given_time_to_finish_and_asked_whether_it_is_ready() -> None:
    ambar = SERVICES["ambar"]
    assert seconds(ambar["stop_grace_period"]) > PATIENCE
    program = ambar["healthcheck"]["test"]
    assert program[1:3] == ["python", "-c"]
    compile(program[3], "healthcheck", "exec")
    port = ambar["environment"]["WEB_PORT"]
    assert f":{port}/readyz" in program[3]
    assert ambar["ports"][0].endswith(f":{port}")
    assert port in instructions("EXPOSE")
    assert ambar["environment"]["WEB_HOST"] == "0.0.0.0"


def test_what_is_started_is_a_command_of_ours() -> None:
    group = typer.main.get_command(build())
    (command,) = instructions("CMD")
    for words in (yaml.safe_load(command), SERVICES["migrate"]["command"]):
        assert words[:3] == ["python", "-m", "app"]
        assert words[3] in group.commands  # type: ignore[attr-defined]


def test_the_image_is_made_of_what_there_is_and_of_nothing_else() -> None:
    copied = [line.split()[:-1] for line in instructions("COPY")]
    sources = {source for line in copied for source in line}
    assert all((ROOT / source).exists() for source in sources)
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    kept = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert kept == sources
    assert lines[1] == "*"  # all else stays out: .env, .data, secrets, .git
    # what the program reads beside its own folder
    assert {"app", "migrations", "alembic.ini", "requirements.txt"} == sources


def test_the_image_does_not_run_as_root() -> None:
    assert instructions("USER") == ["ambar"]
    order = [DOCKERFILE.index(word) for word in ("\nRUN useradd", "\nUSER ambar", "\nCMD")]
    assert order == sorted(order)
    assert "--only-binary :all:" in DOCKERFILE
    (volume,) = instructions("VOLUME")
    assert all(f"data:{volume}" in SERVICES[name]["volumes"] for name in OURS)
    assert f"AMBAR_DATA={volume}" in DOCKERFILE


def make_secrets(folder: Path, token: str = "1:token\n") -> "subprocess.CompletedProcess[str]":
    """Run the script on a copy of its folder."""
    shutil.copytree(ROOT / "compose", folder / "compose", dirs_exist_ok=True)
    return subprocess.run(
        ["sh", str(folder / "compose" / "make-secrets.sh")],
        input=token,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )


def test_the_script_makes_every_secret_once(tmp_path: Path) -> None:
    assert make_secrets(tmp_path).returncode == 0
    folder = tmp_path / "secrets"
    assert {path.name for path in folder.iterdir()} == set(COMPOSE["secrets"])
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    # mounted as they are, they are read by another user
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o644}
    made = {path.name: path.read_text() for path in folder.iterdir()}
    assert made["telegram_token"] == "1:token"
    passwords = [made[name] for name in made if name.endswith("_password")]
    assert len(set(passwords)) == 3
    assert all(re.fullmatch("[0-9a-f]{48}", word) for word in passwords)
    for name, login in (("database_url", "server"), ("admin_database_url", "migrator")):
        url = make_url(made[name])
        assert (url.username, url.password) == (f"ambar_{login}", made[f"{login}_password"])
        assert (url.host, url.database) == ("postgres", SERVICES["postgres"]["environment"]["POSTGRES_DB"])
    assert make_secrets(tmp_path, "2:another\n").returncode == 0
    assert {path.name: path.read_text() for path in folder.iterdir()} == made


def test_the_script_refuses_an_empty_token(tmp_path: Path) -> None:
    done = make_secrets(tmp_path, "\n")
    assert done.returncode == 1
    assert "Токен пустой" in done.stderr
    assert not (tmp_path / "secrets" / "telegram_token").exists()


def test_settings_are_read_from_the_mounted_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_secrets(tmp_path)
    for name in SERVICES["ambar"]["secrets"]:
        monkeypatch.delenv(name.upper(), raising=False)
    folder = str(tmp_path / "secrets")
    settings = Settings(_env_file=None, _secrets_dir=folder)  # type: ignore[call-arg]
    assert settings.telegram_token is not None
    assert settings.telegram_token.get_secret_value() == "1:token"
    assert str(settings.database_url).startswith("postgresql+psycopg2://ambar_server:")


def test_the_mounted_sql_makes_a_database_that_ambar_can_live_in(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    with virgin_server() as server:
        with superuser(server) as connection:
            connection.execute(text("CREATE DATABASE ambar ENCODING 'UTF8' TEMPLATE template0"))
        database = server.set(database="ambar")
        psql = subprocess.run(
            [
                binaries().program("psql"),
                "-v",
                "ON_ERROR_STOP=1",
                "--no-psqlrc",
                "-f",
                ROOT / "compose" / "init-db.sql",
            ],
            env={
                **os.environ,
                "SECRETS_FOLDER": str(tmp_path / "secrets"),
                "PGHOST": str(database.query["host"]),
                "PGPORT": str(database.query["port"]),
                "PGUSER": database.username or "",
                "PGPASSWORD": str(database.password or ""),
                "PGDATABASE": "ambar",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert psql.returncode == 0, psql.stderr

        def login(name: str) -> str:
            password = (tmp_path / "secrets" / f"{name}_password").read_text()
            url = database.set(username=f"ambar_{name}", password=password)
            return url.render_as_string(hide_password=False)

        migrate(login("migrator"))
        migrate(login("migrator"))
        db = Database(login("server"), pool_size=2)
        assert look_ready(db, revisions()[-1]).is_ready
        with refused("42501"), db.platform() as tx:
            tx.run(f"SET ROLE {OWNER}")
        db.close()
        with superuser(login("migrator")) as connection:
            rights = connection.execute(
                text(
                    "SELECT rolname FROM pg_roles WHERE rolname LIKE 'ambar%' AND (rolsuper OR rolcreaterole)"
                )
            )
            assert rights.all() == []
            for role in (APP, PLATFORM, OWNER):
                assert not connection.scalar(
                    text("SELECT pg_has_role(session_user, :role, 'USAGE')"), {"role": role}
                )
