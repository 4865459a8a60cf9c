# Ambar in a container: the same program, whatever process it is told to be. See compose.yaml.

FROM python:3.13.14-slim

# No shell, no home: whoever gets into the process finds a user that owns nothing but /data.
RUN useradd --system --uid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin ambar \
    && install -d -o ambar -g ambar -m 0700 /data

WORKDIR /opt/ambar
ENV PYTHONPATH=/opt/ambar PYTHONSAFEPATH=1 PYTHONUTF8=1 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    AMBAR_DATA=/data AMBAR_ENV_FILE=/dev/null

# Wheels only, as the launcher installs them; first, so that a change of the program does not repeat it.
COPY requirements.txt ./
RUN python -m pip install --no-cache-dir --disable-pip-version-check --only-binary :all: -r requirements.txt

COPY alembic.ini ./
COPY migrations ./migrations
COPY app ./app

USER ambar
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["python", "-m", "app", "run"]
