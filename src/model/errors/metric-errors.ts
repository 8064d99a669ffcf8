import type { ErrorDeclaration } from './declaration.ts'

export type MetricErrorCode =
  | 'GPE_METRIC_NAME'
  | 'GPE_METRIC_BOUNDS'
  | 'GPE_METRIC_UNREADABLE'
  | 'GPE_CALLBACK_FAILED'
  | 'GPE_CALLBACK_SLOW'
  | 'GPE_INSTRUMENTATION_FAILED'
  | 'GPE_INSTRUMENTATION_TWICE'

/** Codes of the application's metrics. */
export const metricErrors: Readonly<Record<MetricErrorCode, ErrorDeclaration>> = {
  GPE_METRIC_NAME: {
    level: 'warning',
    meaning: 'A metric has the name of another metric, and is left out.',
    remedy: 'Rename the metric.',
    page: 'merging.md',
  },
  GPE_METRIC_BOUNDS: {
    level: 'warning',
    meaning: 'A histogram is left out, because its bounds do not ascend.',
    remedy: 'Give ascending bounds.',
    page: 'limits.md#metrics-of-the-application',
  },
  GPE_METRIC_UNREADABLE: {
    level: 'warning',
    meaning: 'The preload cannot read values or options of a metric.',
    remedy: 'Pass numbers and plain objects.',
    page: 'limits.md#metrics-of-the-application',
  },
  GPE_CALLBACK_FAILED: {
    level: 'warning',
    meaning: 'A callback of an observable instrument throws or rejects.',
    remedy: 'Mend the callback.',
    page: 'limits.md#metrics-of-the-application',
  },
  GPE_CALLBACK_SLOW: {
    level: 'warning',
    meaning: 'A callback of an observable instrument takes too long.',
    remedy: 'Let the callback return a value that is ready.',
    page: 'limits.md#metrics-of-the-application',
  },
  GPE_INSTRUMENTATION_FAILED: {
    level: 'warning',
    meaning: 'An instrumentation of OpenTelemetry cannot start.',
    remedy: 'Remove the cause that the line names.',
    page: 'opentelemetry.md',
  },
  GPE_INSTRUMENTATION_TWICE: {
    level: 'warning',
    meaning: 'The application runs the instrumentation already.',
    remedy: 'Leave the instrumentation to the application, or remove it there.',
    page: 'opentelemetry.md',
  },
}
