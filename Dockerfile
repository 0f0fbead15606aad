# A town's server: the same processes as the demonstration, see config/processes.py.
# A town pins it: docker build --build-arg PYTHON=python:3.11-slim@sha256:… (docs/operations.md).
ARG PYTHON=python:3.11-slim
FROM ${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
RUN python -m venv /app/.venv
COPY requirements.txt ./
# Without the servers that come with pip (requirements-demo.txt): here they have containers of their own.
RUN .venv/bin/python -m pip install --require-hashes --requirement requirements.txt
COPY . .
# Neither needs a server; the key is of this build alone and signs nothing.
RUN SECRET_KEY=build .venv/bin/python manage.py translations --compile \
    && ACCORDE_MODE=production SECRET_KEY=build .venv/bin/python manage.py collectstatic --noinput

FROM ${PYTHON}
ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PATH="/app/.venv/bin:$PATH" \
    ACCORDE_MODE=production \
    ACCORDE_DATA=/data \
    BIND=0.0.0.0:8000
# pg_dump and pg_restore of the server's age, for backups.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates postgresql-common \
    && /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y \
    && apt-get install --yes --no-install-recommends postgresql-client-18 \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin accorde \
    && install -d -o accorde -g accorde /data
WORKDIR /app
COPY --from=build /app /app
USER accorde
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=10s --start-period=30s CMD ["python", "-m", "config.run", "health"]
CMD ["python", "-m", "config.run", "web"]
