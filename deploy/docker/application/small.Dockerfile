# The image of your own application on the image of the sidecar, which has Node.js, tini and nothing
# else: no shell, no npm, no distribution. Dockerfile beside this file is for an image of Node.js.
ARG NODE_IMAGE=node:24-bookworm-slim
ARG RUNTIME_IMAGE=gunicorn-prometheus-exporter:1.0.0-rc.1

FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund

FROM ${RUNTIME_IMAGE}
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY . .
EXPOSE 8000 9091
# HEALTHCHECK and user are those of the sidecar's image.
ENTRYPOINT ["/usr/bin/tini-static", "-s", "--", "/usr/local/bin/node", \
  "node_modules/gunicorn-prometheus-exporter/dist/cli.cjs"]
CMD ["run", "--workers", "auto", "--no-control-socket", "server.js"]
