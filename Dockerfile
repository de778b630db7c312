# One image for all parts of the archive; docker-compose.yml says which part a container is.
# The store and the search engine are images of their own, so the embedded store (GPL-2.0) is not in here. It is in the
# image `moving` alone, which is built for a move from a data folder, is thrown away after it, and is passed on to nobody.
# Each RUN also works in an empty folder, with PREFIX set to it: `make image` does that where no container engine is.

FROM python:3.11-slim-bookworm AS build
ARG PREFIX=/opt/dangan
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY service service
COPY indexer indexer
COPY scanner_ingest scanner_ingest
COPY templates templates
RUN python3 -m venv "$PREFIX"
RUN "$PREFIX/bin/pip" install --quiet --no-cache-dir --disable-pip-version-check .
RUN "$PREFIX/bin/python" -m compileall -q "$PREFIX/lib"

FROM build AS embedded
ARG PREFIX=/opt/dangan
RUN "$PREFIX/bin/pip" install --quiet --no-cache-dir --disable-pip-version-check '.[embedded]'

FROM python:3.11-slim-bookworm AS program
ARG PREFIX=/opt/dangan
# A number, so that no account has to be made; it owns nothing, and writes nowhere but in what is mounted for it.
USER 10001:10001
WORKDIR /tmp
ENV PATH=$PREFIX/bin:$PATH DANGAN_HOST=0.0.0.0 DANGAN_DATA=/tmp/dangan PYTHONUNBUFFERED=1
ENTRYPOINT ["dangan"]
CMD ["--help"]

FROM program AS moving
ARG PREFIX=/opt/dangan
COPY --from=embedded $PREFIX $PREFIX

FROM program
ARG PREFIX=/opt/dangan
COPY --from=build $PREFIX $PREFIX
