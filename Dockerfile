# Three images, all installed by scripts/install, as the Makefile and CI are:
#
#   docker build --target core  --tag pii-sft:core .    convert, score, recipes; no PyTorch, no GPU
#   docker build --target train --tag pii-sft:train .   the same, training and prediction on a GPU
#   docker build --target serve --tag pii-sft:serve .   a trained model over HTTP
#
# More extras of pyproject.toml are a build argument, EXTRAS=NAME,NAME, for either:
#
#   docker build --target train --build-arg EXTRAS=ray --tag pii-sft:train-ray .
#
# compose.yaml runs them as one job. Nothing secret is needed to build or to run them; models come
# from folders under models/ or from a hub into hub/. vLLM wants another PyTorch: run its own image,
# and name it with predict --server. Neither image has a compiler: what compiles kernels at run time (flash-attn,
# DeepSpeed with CPU offload) needs a -devel base.

FROM python:3.11.14-slim-bookworm AS interpreter

FROM interpreter AS source
ENV PIP_NO_CACHE_DIR=1
WORKDIR /source
COPY . .
RUN python -m venv /opt/venv

# What does nothing in an image: what installs, and what numpy tests itself with.
# An extra that needs setuptools brings it; `python -m ensurepip` brings pip back.
FROM source AS install-core
ARG EXTRAS=""
RUN /opt/venv/bin/python -m pip uninstall --quiet --yes setuptools \
    && scripts/install /opt/venv/bin/python core "$EXTRAS" \
    && /opt/venv/bin/python -m pip uninstall --quiet --yes pip \
    && find /opt/venv/lib/python3.11/site-packages/numpy -type d -name tests -prune -exec rm -r {} +

FROM source AS install-train
ARG EXTRAS=""
RUN scripts/install /opt/venv/bin/python train "$EXTRAS"


# The first process of a container does not end at TERM unless it asks for it, and Python does not:
# tini does, and passes it on.
FROM interpreter AS core
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/*
COPY --from=install-core /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HOME=/home/pii
WORKDIR /workspace
COPY recipes recipes
# The home folder is open to all, because compose.yaml runs the image as the user of the host.
RUN useradd --no-log-init --uid 10001 --create-home pii \
    && chmod 1777 /home/pii \
    && install --directory --owner=pii --mode=0700 data runs models \
    && pii-sft --version
USER 10001
VOLUME ["/workspace/data", "/workspace/runs", "/workspace/models"]
ENTRYPOINT ["tini", "--", "pii-sft"]
CMD ["--help"]


# PyTorch 2.9 from PyPI is built for CUDA 12.8 and carries most of its libraries. Ubuntu 24.04 has
# no Python 3.11 of its own (22.04 has a release candidate), so the interpreter is the one of the
# core image: built for an older C library than this one, and proved by importing what links to
# the system. KubeRay asks by wget whether a machine of a Ray cluster lives.
FROM nvidia/cuda:12.8.1-runtime-ubuntu24.04 AS train
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates libbz2-1.0 libexpat1 libffi8 \
        liblzma5 libncursesw6 libreadline8t64 libsqlite3-0 libssl3t64 libuuid1 tini wget \
        zlib1g \
    && rm -rf /var/lib/apt/lists/*
COPY --from=interpreter /usr/local/bin /usr/local/bin
COPY --from=interpreter /usr/local/lib /usr/local/lib
COPY --from=install-train /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HOME=/home/pii \
    USER=pii \
    LLAMAFACTORY_VERBOSITY=ERROR \
    HF_HOME=/workspace/hub \
    HF_DATASETS_CACHE=/workspace/data/.cache \
    HF_HUB_DISABLE_TELEMETRY=1
WORKDIR /workspace
COPY recipes recipes
RUN ldconfig \
    && python -c "import bz2, ctypes, lzma, readline, sqlite3, ssl, uuid, zlib" \
    && useradd --no-log-init --uid 10001 --create-home pii \
    && chmod 1777 /home/pii \
    && install --directory --owner=pii --mode=0700 data runs models hub \
    && pii-sft --version
USER 10001
VOLUME ["/workspace/data", "/workspace/runs", "/workspace/models", "/workspace/hub"]
ENTRYPOINT ["tini", "--", "pii-sft"]
CMD ["--help"]


# The trained model over HTTP. A token file is needed, since it listens to all addresses.
FROM train AS serve
EXPOSE 8080
HEALTHCHECK --start-period=120s CMD ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/health"]
ENTRYPOINT ["tini", "--", "pii-sft", "serve", "--host", "0.0.0.0"]
CMD ["--help"]
