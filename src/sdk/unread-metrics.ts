import { createNoopMeter, type MeterProvider } from '@opentelemetry/api'
import { primaryPid } from '../collect/cluster/forks.ts'
import { environment } from '../config/environment.ts'
import { untoldInCluster } from '../config/resolve/told-messages.ts'
import { log, readLogVariables } from '../log/log.ts'
import { type CodedText, coded } from '../model/errors/coded-text.ts'
import { ownScope } from '../model/own-scope.ts'
import { isWithoutReaders } from '../otel/without-readers.ts'

/** docs/troubleshooting.md quotes the line. */
export const unreadMetrics: CodedText = coded(
  'GPE_NO_READER',
  'GunicornInstrumentation measures, but its MeterProvider has no reader, so no exporter gets ' +
    'the metrics. Pass metricReaders: clusterMetricReaders() to NodeSDK, or give the ' +
    'MeterProvider readers and pass the provider to registerInstrumentations()',
)

/**
 * Warns, once in a cluster, if a provider drops all metrics. Warns on stderr, because an
 * application that forgets its readers may also have no logger for `diag`.
 */
export function checkReaders(provider: MeterProvider): void {
  if (isSwitchedOff() || !dropsMetrics(provider)) return
  readLogVariables(environment())
  for (const text of untoldInCluster([unreadMetrics], primaryPid())) {
    log.warn(text)
  }
}

/** Whether the operator wants no metrics. */
function isSwitchedOff(): boolean {
  const { OTEL_SDK_DISABLED: disabled, OTEL_METRICS_EXPORTER: exporter } = environment()
  return disabled?.toLowerCase() === 'true' || exporter?.toLowerCase() === 'none'
}

/** False for a provider of an unknown SDK. */
function dropsMetrics(provider: MeterProvider): boolean {
  if (isWithoutReaders(provider)) return true
  const meter = provider.getMeter(ownScope)
  // OTel's API has one meter for all applications without an SDK. API 1.10 is there twice if ES
  // modules and CommonJS modules load the API.
  return meter === createNoopMeter() || meter.constructor.name === 'NoopMeter'
}
