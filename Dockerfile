# syntax=docker/dockerfile:1
FROM node:22-bookworm-slim AS ui
WORKDIR /src/web/ui
COPY web/ui/package.json web/ui/package-lock.json ./
RUN npm ci
COPY web/ui/ ./
RUN npm run build

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=ui /src/web/ui/dist ./web/ui/dist
ARG VERSION=v0.1.0
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /foster . \
 && mkdir -p /rootfs/data /rootfs/config

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo
COPY --from=build /foster /foster
COPY --from=build --chown=65532:65532 /rootfs/ /
USER 65532:65532
EXPOSE 19999
VOLUME ["/data", "/config"]
ENV FOSTER_DATA=/data FOSTER_CONFIG=/config
ENTRYPOINT ["/foster"]
CMD ["run"]
