# One image for the court's `tracker` and the agencies' `adapter`. It names no package index: a machine that has its own
# gives it as `docker compose build --build-arg PIP_INDEX_URL=...`; what is installed is fixed by the hashes in the lock.
FROM python:3.11-slim-bookworm AS build
ARG PIP_INDEX_URL
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
RUN python -m venv /srv/debtor-tracker
COPY requirements/runtime.txt requirements/runtime.txt
RUN /srv/debtor-tracker/bin/pip install --require-hashes -r requirements/runtime.txt
COPY pyproject.toml pyproject.toml
COPY schemas schemas
COPY notifications notifications
COPY adapters adapters
COPY tracker tracker
RUN /srv/debtor-tracker/bin/pip install --no-deps .

FROM python:3.11-slim-bookworm
# A new volume takes the owner of the folder that it is mounted on.
RUN groupadd --gid 10001 tracker \
    && useradd --uid 10001 --gid tracker --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin tracker \
    && install --directory --owner tracker --group tracker --mode 0700 /var/lib/tracker /var/lib/snapshots /var/lib/journal /var/lib/adapter
COPY --from=build /srv/debtor-tracker /srv/debtor-tracker
ENV PATH=/srv/debtor-tracker/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /tmp
CMD ["tracker", "--help"]
