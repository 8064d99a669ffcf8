/** What an application of OTel's 2.12 line has installed. */
const line212 = {
  '@opentelemetry/api': '~1.9.0',
  '@opentelemetry/auto-instrumentations-node': '^0.81.2',
  '@opentelemetry/context-async-hooks': '^2.12.0',
  '@opentelemetry/core': '^2.12.0',
  '@opentelemetry/exporter-metrics-otlp-grpc': '^0.223.0',
  '@opentelemetry/exporter-metrics-otlp-http': '^0.223.0',
  '@opentelemetry/exporter-metrics-otlp-proto': '^0.223.0',
  '@opentelemetry/exporter-prometheus': '^0.223.0',
  '@opentelemetry/instrumentation': '^0.223.0',
  '@opentelemetry/instrumentation-http': '^0.223.0',
  '@opentelemetry/instrumentation-runtime-node': '^0.36.1',
  '@opentelemetry/sdk-metrics': '^2.12.0',
  '@opentelemetry/sdk-node': '^0.223.0',
}

/*
 * `otel` is the version of sdk-metrics that must come out. Without `pins` npm chooses the line by
 * the ranges in package.json and by the engines of the OTel packages, as it does for most users.
 */
const cells = [
  { node: '20.19.0', otel: /^2\.12\./ },
  { node: '20', otel: /^2\.12\./ },
  { node: '22.13.0', otel: /^2\.12\./ },
  { node: '22', otel: /^2\.12\./, pins: line212 },
  { node: '22', otel: /^3\./ },
  { node: '24', otel: /^2\.12\./, pins: line212 },
  { node: '24', otel: /^3\./ },
  { node: '26', otel: /^2\.12\./, pins: line212 },
  { node: '26', otel: /^3\./ },
]

/**
 * The cells whose Node begins with one of the comma-separated versions, and whose OpenTelemetry
 * line is the given one. A filter that is not given selects all.
 */
export function selectCells({ only, otel }) {
  const versions = only?.split(',').map((version) => version.trim())
  return cells.filter(
    (cell) => hasNode(cell, versions) && (otel === undefined || cell.otel.test(`${otel}.0`)),
  )
}

function hasNode({ node }, versions) {
  if (!versions) return true
  return versions.some((version) => node === version || node.startsWith(`${version}.`))
}
