# The bot alone, in an image without a shell, a package manager or a user named
# root. Build it with: make image
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=devel
# One line: .ci/image takes it from here and proves that what it builds is static.
# Zones of time are compiled in, by package config.
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X es-restore/internal/bot.version=${VERSION}" -o /out/bot ./cmd/bot

FROM scratch
ARG VERSION=devel
LABEL org.opencontainers.image.title="es-restore" \
      org.opencontainers.image.description="Elasticsearch snapshot restores, asked for and approved in Slack" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
# Whom TLS trusts: Slack, and clusters and Redis without a ca_file of their own.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/bot /bot
COPY LICENSE /LICENSE
# config.yml is looked for here, and the files it names by relative paths.
WORKDIR /etc/es-restore
# By number, so that Kubernetes' runAsNonRoot can tell that it is not root.
USER 65532:65532
EXPOSE 8080
# No HEALTHCHECK: it would need a shell or a second program in the image. Ask
# /healthz and /readyz from outside; http.listen must then be 0.0.0.0:8080.
ENTRYPOINT ["/bot"]
