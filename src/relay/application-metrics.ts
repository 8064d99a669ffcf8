import { clearTimeout, setTimeout } from 'node:timers'
import type { MeterProvider } from '@opentelemetry/api'
import type * as Sdk from '@opentelemetry/sdk-metrics'
import { limits } from '../limits.ts'
import type { Metric } from '../model/metric.ts'
import { fromOtel, scopeText } from './otel-data.ts'

export interface ApplicationMetricsOptions {
  readonly sdk: typeof Sdk
  /** Called once with the name of a metric that cannot be carried. */
  readonly onUnsupported: (name: string) => void
  /** Observable instruments took too long: `collect` went without what they say this time. */
  readonly onSlow: () => void
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

/** A MeterProvider of the installed OTel SDK that can be read at any time. */
export class ApplicationMetrics {
  readonly provider: MeterProvider
  readonly #options: ApplicationMetricsOptions
  readonly #reader: Sdk.MetricReader
  readonly #collector: () => Collector | undefined
  /** Names that were told; bounded by limits.metrics. */
  readonly #unsupported = new Set<string>()
  #isCollecting = false

  constructor(options: ApplicationMetricsOptions) {
    const { sdk } = options
    let collector: Collector | undefined
    class RelayReader extends sdk.MetricReader {
      override setMetricProducer(producer: Sdk.MetricProducer): void {
        collector = producer as unknown as Collector
        super.setMetricProducer(producer)
      }
      override async onForceFlush(): Promise<void> {}
      override async onShutdown(): Promise<void> {}
    }
    this.#options = options
    this.#reader = new RelayReader()
    this.#collector = () => collector
    this.provider = new sdk.MeterProvider({ readers: [this.#reader] })
  }

  async collect(): Promise<readonly Metric[]> {
    // An observable callback of the application's may wait for a database that does not answer.
    const isFree = !this.#isCollecting
    const all = isFree ? await settled(this.#collectAll(), limits.observationPatienceMs) : undefined
    if (all) return all
    this.#options.onSlow()
    return this.collectNow()
  }

  /** What synchronous instruments hold now; for the end of the process, when nothing can be awaited. */
  collectNow(): readonly Metric[] {
    const collector = this.#collector()
    if (!collector) return []
    const time: [number, number] = [Math.floor(Date.now() / 1_000), (Date.now() % 1_000) * 1e6]
    return Array.from(collector._sharedState.meterSharedStates.values()).flatMap((state) => {
      const scope = scopeText(state._instrumentationScope)
      const storages = Array.from(state.metricStorageRegistry.getStorages(collector))
      const data = storages.map((storage) => storage.collect(collector, time)).filter(isDefined)
      return this.#carry(data, scope)
    })
  }

  async #collectAll(): Promise<Metric[]> {
    this.#isCollecting = true
    try {
      const { resourceMetrics } = await this.#reader.collect()
      return resourceMetrics.scopeMetrics.flatMap(({ scope, metrics }) =>
        this.#carry(metrics, scopeText(scope)),
      )
    } finally {
      this.#isCollecting = false
    }
  }

  #carry(metrics: readonly Sdk.MetricData[], scope: string): Metric[] {
    return metrics.flatMap((data) => {
      const metric = fromOtel(data, scope)
      if (!metric) this.#leaveOut(data.descriptor.name)
      return metric ?? []
    })
  }

  #leaveOut(name: string): void {
    if (this.#unsupported.has(name) || this.#unsupported.size >= limits.metrics) return
    this.#unsupported.add(name)
    this.#options.onUnsupported(name)
  }
}

/** What the promise resolves with; undefined where that takes longer. Keeps no process alive. */
async function settled<T>(promise: Promise<T>, patienceMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, patienceMs, undefined).unref()
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

function isDefined<T>(value: T | undefined): value is T {
  return value !== undefined
}
