import type { MeterProvider as MeterProviderApi } from '@opentelemetry/api'
import type * as Sdk from '@opentelemetry/sdk-metrics'
import { limits } from '../limits.ts'
import type { Metric } from '../model/metric.ts'
import { fromOtel, scopeText } from './otel-data.ts'

export interface ApplicationMetrics {
  readonly provider: MeterProviderApi
  readonly collect: () => Promise<readonly Metric[]>
  /** What synchronous instruments hold now; for the end of the process, when nothing can be awaited. */
  readonly collectNow: () => readonly Metric[]
}

/** The parts of the SDK's own collector that allow reading it synchronously; the same in 2.12 and 3.1. */
interface Collector {
  readonly _sharedState: {
    readonly meterSharedStates: ReadonlyMap<string, MeterState>
  }
}

interface MeterState {
  readonly _instrumentationScope: { readonly name: string; readonly version?: string }
  readonly metricStorageRegistry: {
    readonly getStorages: (collector: unknown) => Iterable<Storage>
  }
}

interface Storage {
  readonly collect: (collector: unknown, time: [number, number]) => Sdk.MetricData | undefined
}

/**
 * A MeterProvider of the installed OTel SDK, and a reader of it that can be read at any time.
 * @param onUnsupported called once with the name of a metric that cannot be carried.
 */
export function applicationMetrics(
  sdk: typeof Sdk,
  onUnsupported: (name: string) => void,
): ApplicationMetrics {
  let collector: Collector | undefined
  /** Bounded by limits.metrics. */
  const unsupported = new Set<string>()

  function carry(data: Sdk.MetricData, scope: string): Metric | undefined {
    const metric = fromOtel(data, scope)
    const { name } = data.descriptor
    if (metric || unsupported.has(name) || unsupported.size >= limits.metrics) return metric
    unsupported.add(name)
    onUnsupported(name)
    return undefined
  }

  class RelayReader extends sdk.MetricReader {
    override setMetricProducer(producer: Sdk.MetricProducer): void {
      collector = producer as unknown as Collector
      super.setMetricProducer(producer)
    }
    override async onForceFlush(): Promise<void> {}
    override async onShutdown(): Promise<void> {}
  }

  const reader = new RelayReader()
  const provider = new sdk.MeterProvider({ readers: [reader] })
  return {
    provider,
    async collect() {
      const { resourceMetrics } = await reader.collect()
      return resourceMetrics.scopeMetrics.flatMap(({ scope, metrics }) =>
        metrics.map((data) => carry(data, scopeText(scope))).filter(isDefined),
      )
    },
    collectNow: () => (collector ? readNow(collector, carry) : []),
  }
}

function readNow(
  collector: Collector,
  carry: (data: Sdk.MetricData, scope: string) => Metric | undefined,
): Metric[] {
  const time: [number, number] = [Math.floor(Date.now() / 1_000), (Date.now() % 1_000) * 1e6]
  return Array.from(collector._sharedState.meterSharedStates.values()).flatMap((state) => {
    const scope = scopeText(state._instrumentationScope)
    return Array.from(state.metricStorageRegistry.getStorages(collector), (storage) => {
      const data = storage.collect(collector, time)
      return data && carry(data, scope)
    }).filter(isDefined)
  })
}

function isDefined<T>(value: T | undefined): value is T {
  return value !== undefined
}
