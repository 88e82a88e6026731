# One image for `kb serve`, `kb worker` and every other command. Secrets and state come from outside.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY requirements.lock .
RUN python -m venv /opt/kb \
    && /opt/kb/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock
COPY LICENSE README.md pyproject.toml ./
COPY indexer indexer
COPY kb_service kb_service
COPY importers importers
COPY web web
RUN /opt/kb/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps .

FROM python:3.11-slim-bookworm
RUN groupadd --gid 10001 kb \
    && useradd --uid 10001 --gid kb --home-dir /var/lib/kb --no-create-home --shell /usr/sbin/nologin kb \
    && install -d -o kb -g kb -m 0750 /var/lib/kb /var/lib/kb-backups
COPY --from=build /opt/kb /opt/kb
ENV PATH=/opt/kb/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    LANG=C.UTF-8 \
    KB_HOME=/var/lib/kb \
    KB_HOST=0.0.0.0 \
    KB_PORT=8000 \
    KB_LOG=json
USER kb
WORKDIR /var/lib/kb
VOLUME ["/var/lib/kb", "/var/lib/kb-backups"]
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["kb"]
CMD ["serve"]
