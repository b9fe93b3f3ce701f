# The image: one binary on a base without a shell, run by a number that is nobody, on a root file system that may be
# read-only. Everything it writes is under /data.
#   docker build -t bellwether .
# Base images are named by version. To pin them by content too, add the digest that
# `docker buildx imagetools inspect IMAGE` shows, as IMAGE@sha256:…: docs/operations/deploy.md.
# `make image-check` builds, checks and runs what is written here, without a container engine.

FROM rust:1.95-slim-bookworm AS build
# What reads the counts of the compiler's programs; the binary is built by them, which takes twice as long: docs/decisions/0043.
# `--build-arg GUIDED=no` does without.
ARG GUIDED=yes
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends llvm-22 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN scripts/build-release /out

# The same Debian as above, so that the C library is the one that was linked against.
FROM gcr.io/distroless/cc-debian12:nonroot
LABEL org.opencontainers.image.title="Bellwether" \
      org.opencontainers.image.description="A self-hosted AI API gateway" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /out/bellwether /usr/local/bin/bellwether
COPY --from=build --chown=65532:65532 /out/data /data
# A bellwether.yaml mounted in here is read; without one the environment says everything.
COPY --from=build /out/config /etc/bellwether
WORKDIR /etc/bellwether
ENV BELLWETHER_LISTEN_DEFAULT=0.0.0.0:4000 BELLWETHER_DATA_DIR=/data
USER 65532:65532
VOLUME /data
EXPOSE 4000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=10s --retries=3 CMD ["/usr/local/bin/bellwether", "health"]
ENTRYPOINT ["/usr/local/bin/bellwether"]
