FROM python:3.11-slim-bookworm AS build
WORKDIR /source
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
COPY requirements.lock requirements-build.lock ./
RUN python -m venv --without-pip /opt/wavetap \
 && python -m pip --python /opt/wavetap/bin/python install --require-hashes --only-binary :all: -r requirements.lock \
 && python -m venv /opt/build \
 && /opt/build/bin/python -m pip install --require-hashes --only-binary :all: -r requirements-build.lock
COPY pyproject.toml README.md LICENSE ./
COPY examples/data examples/data
COPY api_schemas api_schemas
COPY model model
COPY service service
RUN /opt/build/bin/python -m pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
 && python -m pip --python /opt/wavetap/bin/python install --no-deps --no-index /wheels/*.whl
# What the service never opens: tests, headers, and Arrow's network protocols.
RUN cd /opt/wavetap/lib/python3.11/site-packages \
 && rm -rf pyarrow/include pyarrow/src pyarrow/tests pyarrow/*flight* pyarrow/*substrait* pyarrow/*s3* onnx/backend/test numpy/*/tests \
 && find . -name "*.pyx" -o -name "*.pxd" -o -name "*.pyi" -o -name "*.h" | xargs rm -f

FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="wavetap" \
      org.opencontainers.image.description="Train, serve and export Conv1D networks for time series" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 wavetap \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin wavetap \
 && install --directory --owner 10001 --group 10001 --mode 0700 /data
COPY --from=build /opt/wavetap /opt/wavetap
ENV PATH=/opt/wavetap/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    OPENBLAS_NUM_THREADS=1 \
    WAVETAP_HOST=0.0.0.0 \
    WAVETAP_DATA_DIR=/data
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080 8081
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/v2/health/live', timeout=2)"]
ENTRYPOINT ["wavetap"]
CMD ["serve"]
