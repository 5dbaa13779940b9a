# One image per service, from this one file: docker build -f infra/service.Dockerfile --build-arg SERVICE=collector .
# No build step: Node runs the TypeScript as it is. Packages of the workspace must not be copies under node_modules
# (type stripping refuses those), so the workspace is installed in place. What is special about a service is in its
# package.json, see infra/image/prune.mjs.

# ---- the same for every service ----

FROM node:24.21.0-bookworm-slim AS tools
WORKDIR /tools
# pnpm is one native binary; the package of that name would download it from somewhere else.
RUN case "$(node -p process.arch)" in \
  x64) sum=f1eb9f0a31d7b2929b352fe487cab843482a2683aebc2e10e69828b3a5d2f01cbf9c032d3fe8dff05d42c3d7abf38d247c05fe3c9fedb3e03daa72c4f75aef5d ;; \
  arm64) sum=e0e8ff885d930c27b695c1f49f84eea4f479b1276b34b725241eb104494b30f094380bc185d7f6ad195268ee4ce1eac9ea0e05cb2ed84d74e97267c5b0acb110 ;; \
  esac \
  && npm pack --silent "@pnpm/exe.linux-$(node -p process.arch)@12.21.0" > archive \
  && echo "$sum  $(cat archive)" | sha512sum -c --quiet \
  && tar -xzf "$(cat archive)" && install -m 755 package/pnpm /usr/local/bin/pnpm && rm -r package *.tgz

FROM tools AS manifests
WORKDIR /app
COPY . .
# What decides about dependencies, apart from what does not: a change in the sources leaves the installation as it is.
RUN mkdir /manifests && cp --parents package.json pnpm-workspace.yaml pnpm-lock.yaml infra/image/*.mjs */*/package.json cli/package.json /manifests

# ---- the dependencies of this service ----

FROM tools AS dependencies
ARG SERVICE
WORKDIR /app
COPY --from=manifests /manifests ./
RUN --mount=type=cache,id=sluice-pnpm-store,target=/pnpm \
  pnpm install --prod --frozen-lockfile --prefer-offline --store-dir /pnpm/store --package-import-method copy --reporter append-only --filter-prod "@sluice/$SERVICE..." \
  && folder=$([ "$SERVICE" = cli ] && echo cli || echo "services/$SERVICE") \
  && node infra/image/sbom.mjs "$folder" /tmp/sbom.cdx.json \
  && node infra/image/prune.mjs dependencies "$folder" \
  && mv /tmp/sbom.cdx.json .

# ---- the sources of this service, and what it makes of them ----

FROM manifests AS sources
ARG SERVICE
RUN --mount=type=cache,id=sluice-pnpm-store,target=/pnpm \
  folder=$([ "$SERVICE" = cli ] && echo cli || echo "services/$SERVICE") \
  && build=$(node -p "require('./$folder/package.json').image?.build ?? ''") \
  && if [ -n "$build" ]; then \
    pnpm install --frozen-lockfile --prefer-offline --store-dir /pnpm/store --package-import-method copy --reporter append-only --filter "@sluice/$SERVICE" \
    && node "$folder/$build" && rm -rf node_modules */*/node_modules; \
  fi \
  && node infra/image/prune.mjs sources "$folder" \
  && mv infra/image/entrypoint.sh . && rm -rf infra && ln -s "$folder/main.ts" main.ts

# ---- the image: Node, the dependencies, the sources; no npm, no pnpm, nothing to build with ----

FROM node:24.21.0-bookworm-slim
# A new named volume takes over owner and mode of the folder that it is mounted on.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn* /opt/yarn* /usr/local/include \
  && mkdir -m 755 /secrets /state && chown node:node /secrets /state
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app ./
COPY --from=sources /app ./
ARG SERVICE
ARG GIT_SHA
ENV GIT_SHA=$GIT_SHA
LABEL org.opencontainers.image.title="sluice-$SERVICE" \
  org.opencontainers.image.description="The service $SERVICE of the platform Sluice" \
  org.opencontainers.image.documentation="services/$SERVICE/README.md" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.base.name="docker.io/library/node:24.21.0-bookworm-slim" \
  org.opencontainers.image.revision="$GIT_SHA"
USER node
ENTRYPOINT ["/app/entrypoint.sh"]
