# The function and nothing else: one static binary that runs as nobody.
#
# Everything is in exec form, so that the builder needs Go and no shell. Where no registry answers,
# image/builder.sh makes one from the Go of the machine: docker build --build-arg BUILDER=NAME .
# For another architecture: docker buildx build --platform linux/arm64 . (the classic builder can
# compile for it, --build-arg TARGETARCH=arm64, but labels the image as its own; make release needs
# neither and makes both.) The classic builder on arm64 wants --build-arg BUILDPLATFORM=linux/arm64.
ARG BUILDER=golang:1.26
ARG BUILDPLATFORM
FROM --platform=${BUILDPLATFORM:-linux/amd64} ${BUILDER} AS build
ARG TARGETARCH
ARG VERSION=dev
ARG COMMIT=""
ARG SOURCE_DATE_EPOCH=0
WORKDIR /src
COPY . .
ENV CGO_ENABLED=0 GOFLAGS="-trimpath -buildvcs=false '-ldflags=-s -w -X=main.version=${VERSION} -X=main.commit=${COMMIT}'"
RUN ["go", "build", "-o", "/layout", "./image"]
ENV GOOS=linux GOARCH=${TARGETARCH}
RUN ["go", "build", "-o", "/rootfs/ambient-profile", "./cmd/ambient-profile"]
RUN ["/layout", "/rootfs"]

FROM scratch
ARG VERSION=dev
ARG COMMIT=""
LABEL org.opencontainers.image.title="ambient-profile" \
      org.opencontainers.image.description="KRM function: Kubeflow user namespaces on Istio ambient mode" \
      org.opencontainers.image.source="https://github.com/kubeflow-ambient/ambient-profile" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${COMMIT}"
COPY --from=build /rootfs/ /
USER 65534:65534
ENTRYPOINT ["/ambient-profile"]
