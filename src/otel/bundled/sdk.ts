/*
 * The part of OpenTelemetry that the preload uses. The build puts this part of the packages into
 * `dist/otel-sdk.cjs`, which has 109 kB. The installed packages have 16 MB.
 */

export { createNoopMeter, INVALID_SPAN_CONTEXT, trace } from '@opentelemetry/api'
export {
  AggregationType,
  InstrumentType,
  MeterProvider,
  MetricReader,
} from '@opentelemetry/sdk-metrics'
