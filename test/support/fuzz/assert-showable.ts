import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics'
import type { Metric } from '../../../src/model/metric.ts'
import { Deltas, deltaInstruments } from '../../../src/otel/deltas.ts'
import { toOtel } from '../../../src/otel/to-otel.ts'
import { renderText } from '../exposition/render-text.ts'
import { faultsOf } from '../prometheus/exposition.ts'

/** The serializer that the exporter's OTLP pushes use. */
interface Serializer {
  readonly serializeRequest: (metrics: ResourceMetrics) => Uint8Array | undefined
}

const require = createRequire(import.meta.url)
const exporterPath = require.resolve('@opentelemetry/exporter-metrics-otlp-proto')
const { ProtobufMetricsSerializer: serializer } = createRequire(exporterPath)(
  '@opentelemetry/otlp-transformer',
) as { ProtobufMetricsSerializer: Serializer }

/** Checks that a page of metrics is valid in both formats, as bytes. @returns the texts. */
export function assertPages(metrics: readonly Metric[]): string[] {
  return (['prometheus', 'openmetrics'] as const).map((format) => {
    const { text } = renderText(metrics, format)
    // A client gets UTF-8, in which a half of a character becomes another character.
    const received = Buffer.from(text).toString()
    assert.deepEqual(faultsOf(received, format), [])
    return received
  })
}

/**
 * Checks that OTLP can carry metrics, cumulative and as deltas.
 * @param metrics at two times.
 */
export function assertOtlp(first: readonly Metric[], second: readonly Metric[]): void {
  const isPlainNumbers = isPlain(first) && isPlain(second)
  const deltas = new Deltas({ instruments: deltaInstruments.delta, takenBefore: undefined })
  for (const metrics of [first, second]) {
    const scopes = toOtel(metrics, { now: 1_700_000_000_000, startOf: () => 1_600_000_000 })
    deltas.retain(scopes)
    const delta = deltas.convert(scopes)
    for (const each of [scopes, delta.scopes]) {
      if (isPlainNumbers) assertFinite(each)
      const bytes = serializer.serializeRequest({
        resource: { attributes: {} },
        scopeMetrics: each,
      } as unknown as ResourceMetrics)
      assert.ok(bytes)
    }
    delta.commit()
  }
}

function assertFinite(value: unknown): void {
  if (typeof value === 'number') assert.ok(Number.isFinite(value), String(value))
  if (typeof value !== 'object' || value === null) return
  for (const each of Object.values(value)) assertFinite(each)
}

/** Whether no number is infinite: an application can count an infinite amount. */
function isPlain(metrics: readonly Metric[]): boolean {
  try {
    assertFinite(metrics)
    return true
  } catch {
    return false
  }
}
