import { type DescribeErrorOptions, describeError } from '../../collect/process/uncaught-error.ts'
import { otelLimits } from '../../limits/otel.ts'
import { log } from '../../log/log.ts'
import { coded } from '../../model/errors/coded-text.ts'
import { ApplicationMetrics } from '../../otel/application-metrics.ts'
import { loadSdk } from '../../otel/bundled/load-sdk.ts'
import { callbackOf, FailingObservables } from '../../otel/failing-observables.ts'
import { preloadProvider } from '../../otel/offered-provider.ts'

export interface OfferedMetricsOptions {
  readonly onFault: (component: string) => void
  /** Whether the application's histograms become exponential histograms. */
  readonly isExponential: () => boolean
  readonly errorDescription: () => DescribeErrorOptions
}

/** The application's own metrics, by a provider of the preload. Log lines name what is left out. */
export function offeredMetrics({
  onFault,
  isExponential,
  errorDescription,
}: OfferedMetricsOptions): ApplicationMetrics {
  const failing = new FailingObservables({
    describe: (error) => describeError(error, errorDescription()),
    warn: log.warn,
  })
  const metrics = new ApplicationMetrics({
    sdk: loadSdk(),
    isExponential: isExponential(),
    onUnsupported: (name) => {
      onFault('unsupported_metric')
      const text = `the metric ${name} is left out: its bounds do not ascend`
      log.warn(coded('GPE_METRIC_BOUNDS', text))
    },
    onSlow: (names) => {
      onFault('slow_observable')
      log.warn(coded('GPE_CALLBACK_SLOW', slowText(names)))
    },
    onFailed: (error) => {
      onFault('failed_observable')
      failing.tell(error)
    },
  })
  Object.defineProperty(metrics.provider, preloadProvider, { value: true })
  return metrics
}

function slowText(metrics: string | undefined): string {
  const subject = callbackOf(metrics)
  const seconds = otelLimits.observationTimeoutMs / 1_000
  return `${subject} takes longer than ${seconds} seconds, and the page keeps the last values`
}
