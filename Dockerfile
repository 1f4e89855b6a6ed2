# docker build -t kpiwatch .
# docker run -v "$PWD/my-config:/etc/kpiwatch:ro" -v kpiwatch:/var/lib/kpiwatch -p 9464:9464 kpiwatch
#
# /etc/kpiwatch/kpiwatch.yaml is the configuration; /var/lib/kpiwatch holds the state.

FROM debian:bookworm-slim AS build
WORKDIR /src/kpiwatch
# The packages are a layer of their own: they change less often than the sources.
COPY dev ./
RUN ./dev setup build
COPY . .
RUN ./dev build kpiwatchd kpictl && strip build/release/bin/kpiwatchd build/release/bin/kpictl

FROM debian:bookworm-slim
RUN apt-get -q update \
    && DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends \
       ca-certificates libabsl20220623 libcpp-httplib0.11 libcurl4 libfmt9 libprometheus-cpp-core1.0 \
       libprotobuf32 librdkafka1 librocksdb7.8 libsimdjson14 libspdlog1.10 libssl3 libxxhash0 \
       libyaml-cpp0.7 tzdata zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 kpiwatch \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/kpiwatch \
       --shell /usr/sbin/nologin kpiwatch \
    && install -d -o kpiwatch -g kpiwatch -m 0750 /var/lib/kpiwatch \
    && install -d /etc/kpiwatch
COPY --from=build /src/kpiwatch/build/release/bin/kpiwatchd /src/kpiwatch/build/release/bin/kpictl /usr/bin/
COPY LICENSE /usr/share/doc/kpiwatch/copyright
# A library missing from the list above fails here, not at the user's.
RUN kpiwatchd --version && kpictl --version

# A number, so that Kubernetes can see that it is not root.
USER 10001:10001
VOLUME /var/lib/kpiwatch
EXPOSE 9464
# With TLS or users in --web.config.file: https://NAME:9464 of the certificate here, and
# KPICTL_HEALTH_CA_FILE, _BASIC_AUTH_FILE (USER:PASSWORD), _CERT_FILE, _KEY_FILE (kpictl health
# --help).
ENV KPICTL_HEALTH_URL=http://127.0.0.1:9464
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
  CMD ["kpictl", "health"]
ENTRYPOINT ["kpiwatchd"]
CMD ["--config.file=/etc/kpiwatch/kpiwatch.yaml", "--web.listen-address=0.0.0.0:9464", \
     "--storage.path=/var/lib/kpiwatch"]
