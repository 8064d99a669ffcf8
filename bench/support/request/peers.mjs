import { installedPackages } from '../packages.mjs'

/*
 * The other libraries, in their newest versions. `npm run bench` tells when npm has a newer one.
 */

/** Packages that run on Node 22 and later, with the line of OpenTelemetry that npm installs. */
const newest = {
  '@opentelemetry/api': '1.10.0',
  '@opentelemetry/exporter-prometheus': '0.301.0',
  '@opentelemetry/instrumentation-http': '0.301.0',
  '@opentelemetry/sdk-metrics': '3.1.1',
  '@prometheus-io/client': '0.16.1',
  'express-prom-bundle': '8.0.0',
  'prom-client': '15.1.3',
  express: '5.3.0',
  fastify: '5.12.8',
  'fastify-metrics': '14.1.0',
}

/** The last versions for Node 20. */
const forNode20 = {
  ...newest,
  '@opentelemetry/api': '1.9.1',
  '@opentelemetry/exporter-prometheus': '0.223.0',
  '@opentelemetry/instrumentation-http': '0.223.0',
  '@opentelemetry/sdk-metrics': '2.12.1',
  'fastify-metrics': '13.2.1',
}

/**
 * @param {number} major of Node
 * @returns {{ directory: string, versions: Record<string, string> }} `directory` has `node_modules`
 */
export function installedPeers(major) {
  const versions = major < 22 ? forNode20 : newest
  return { directory: installedPackages(versions), versions }
}
