/*
 * The part of OpenTelemetry that the preload uses. The build puts this file with its packages into
 * `dist/otel-sdk.cjs` (130 kB): installed, the packages have 16 MB.
 */

export { createNoopMeter, INVALID_SPAN_CONTEXT, trace } from '@opentelemetry/api'
export {
  AggregationType,
  InstrumentType,
  MeterProvider,
  MetricReader,
} from '@opentelemetry/sdk-metrics'
