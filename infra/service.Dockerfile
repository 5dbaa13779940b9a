# One image per service, from this one file: docker build -f infra/service.Dockerfile --build-arg SERVICE=collector .
# No build step: Node runs the TypeScript as it is. Packages of the workspace must not be copies under node_modules
# (type stripping refuses those), so the workspace is installed in place.

FROM node:24.21.0-bookworm-slim AS install
ARG SERVICE
WORKDIR /app
# pnpm is one native binary; its wrapper package would download it from somewhere else.
RUN npm install --global --ignore-scripts "@pnpm/exe.linux-$(node -p process.arch)@12.21.0" \
  && ln -s "$(npm root --global)/@pnpm/exe.linux-$(node -p process.arch)/pnpm" /usr/local/bin/pnpm
COPY package.json pnpm-workspace.yaml pnpm-lock.yaml ./
COPY packages packages
COPY services services
COPY cli cli
RUN pnpm install --prod --frozen-lockfile --filter "@sluice/$SERVICE..." \
  # onnxruntime carries five platforms; a container needs one.
  && find node_modules/.pnpm -path '*onnxruntime-node/bin/napi-v*' -mindepth 1 -type d \
    \( -name darwin -o -name win32 -o -path '*/linux/*' ! -path "*/linux/$(node -p process.arch)*" \) -prune -exec rm -rf {} + \
  && find services -mindepth 1 -maxdepth 1 ! -name "$SERVICE" -exec rm -rf {} + \
  && if [ "$SERVICE" = cli ]; then ln -s cli/main.ts main.ts; else rm -rf cli && ln -s "services/$SERVICE/main.ts" main.ts; fi

FROM node:24.21.0-bookworm-slim
ARG SERVICE
ARG GIT_SHA
LABEL org.opencontainers.image.title="sluice-$SERVICE" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.revision="$GIT_SHA"
ENV NODE_ENV=production GIT_SHA=$GIT_SHA
# A new named volume takes over owner and mode of the folder that it is mounted on.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn* \
  && mkdir -m 755 /secrets /state && chown node:node /secrets /state
WORKDIR /app
COPY --from=install /app ./
COPY schemas schemas
COPY proto proto
COPY models models
COPY data data
USER node
ENTRYPOINT ["node", "/app/main.ts"]
