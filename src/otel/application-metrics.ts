import type { MeterProvider } from '@opentelemetry/api'
import type * as Sdk from '@opentelemetry/sdk-metrics'
import type { Metric } from '../model/metric.ts'
import type { OtelSdk } from './bundled/load-sdk.ts'
import { OtelReading, type OtelReadingOptions } from './sdk-reading.ts'

export interface ApplicationMetricsOptions extends Omit<OtelReadingOptions, 'collect'> {
  readonly sdk: OtelSdk
  /** Makes all histograms exponential. This provider has no Views. */
  readonly isExponential: boolean
}

/** A MeterProvider of the installed OTel SDK, readable at any time. */
export class ApplicationMetrics {
  readonly provider: MeterProvider
  readonly #reading: OtelReading

  constructor({ sdk, isExponential, ...options }: ApplicationMetricsOptions) {
    const collect = (): Promise<Sdk.CollectionResult> => reader.collect()
    const reading = new OtelReading({ collect, ...options })
    class RelayReader extends sdk.MetricReader {
      override setMetricProducer(producer: Sdk.MetricProducer): void {
        reading.attach(producer)
        super.setMetricProducer(producer)
      }
      override async onForceFlush(): Promise<void> {}
      override async onShutdown(): Promise<void> {}
    }
    const reader = new RelayReader(
      isExponential ? { aggregationSelector: (type) => aggregationOf(type, sdk) } : {},
    )
    this.#reading = reading
    this.provider = new sdk.MeterProvider({ readers: [reader] })
  }

  collect(): Promise<readonly Metric[]> {
    return this.#reading.collect()
  }

  /** Reads without waiting, for the end of the process. See `OtelReading.collectNow`. */
  collectNow(): readonly Metric[] {
    return this.#reading.collectNow()
  }
}

function aggregationOf(
  type: Sdk.InstrumentType,
  { AggregationType, InstrumentType }: OtelSdk,
): Sdk.AggregationOption {
  return type === InstrumentType.HISTOGRAM
    ? { type: AggregationType.EXPONENTIAL_HISTOGRAM }
    : { type: AggregationType.DEFAULT }
}
