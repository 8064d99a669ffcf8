import { type MeterProvider, metrics } from '@opentelemetry/api'
import { otelLimits } from '../limits/otel.ts'
import { ownScope } from '../model/own-scope.ts'
import { version } from '../model/version.ts'
import { preloadProvider } from '../otel/offered-provider.ts'
import { nodeClock } from '../support/clock.ts'
import type { Stop } from '../support/stop.ts'
import { shareCollection } from './shared-collection.ts'
import { checkReaders } from './unread-metrics.ts'

/** The options of every OpenTelemetry instrumentation. */
export interface InstrumentationConfig {
  /** Whether the instrumentation measures from the start. Default: true. */
  enabled?: boolean
}

export interface GunicornInstrumentationConfig extends InstrumentationConfig {
  /**
   * Whether to make `http.server.request.duration` and `http.server.active_requests`, by route.
   * These metrics end if `@opentelemetry/instrumentation-http` makes the same metrics. Default:
   * false.
   */
  httpMetrics?: boolean
  /**
   * Whether `httpMetrics` includes `http.server.request.body.size` and
   * `http.server.response.body.size`. Default: false.
   */
  httpBodySizes?: boolean
}

/**
 * Emits the `gunicorn_*` metrics of this process as instruments of your own OTel SDK.
 *
 * ```ts
 * registerInstrumentations({ meterProvider, instrumentations: [new GunicornInstrumentation()] })
 * ```
 *
 * Implements OpenTelemetry's interface `Instrumentation` without its package: the class patches no
 * module, and an application without an SDK needs no package of OpenTelemetry.
 */
export class GunicornInstrumentation {
  readonly instrumentationName: string = ownScope
  readonly instrumentationVersion: string = version
  #config: GunicornInstrumentationConfig
  #provider: MeterProvider
  #isOn: boolean
  #stopCollection: Stop | undefined
  #stopCheck: Stop | undefined

  /**
   * @param config with `enabled: false`, the instrumentation waits for `enable()`, or for a
   * registration.
   */
  constructor(config: GunicornInstrumentationConfig = {}) {
    this.#config = { enabled: true, ...config }
    this.#provider = metrics.getMeterProvider()
    this.#isOn = this.#config.enabled === true
    this.#restart()
  }

  /** Starts measuring. */
  enable(): void {
    this.#turn(true)
  }

  /** Stops measuring and removes every hook. The SDK keeps the metrics so far. */
  disable(): void {
    this.#turn(false)
  }

  /** The configuration of the constructor or of the last `setConfig()`, with `enabled` as it is. */
  getConfig(): GunicornInstrumentationConfig {
    return this.#config
  }

  /** Replaces the configuration. A value of `enabled` starts or stops the instrumentation. */
  setConfig(config: GunicornInstrumentationConfig = {}): void {
    const isOn = config.enabled ?? this.#isOn
    this.#config = { ...config, enabled: isOn }
    this.#isOn = isOn
    // Stops the present collection, because the new collection can have other metrics.
    this.#restart()
  }

  /** Measures into the provider from now on. Default: the global provider at the construction. */
  setMeterProvider(provider: MeterProvider): void {
    this.#provider = provider
    this.#restart()
  }

  /** Does nothing: the instrumentation makes no spans. */
  setTracerProvider(_provider: object): void {}

  #turn(isOn: boolean): void {
    // A registration enables only an instrumentation with `enabled: false` in its configuration.
    this.#config = { ...this.#config, enabled: isOn }
    if (this.#isOn === isOn) return
    this.#isOn = isOn
    this.#restart()
  }

  /** An application can pass the provider later than the first listening server. */
  #checkLater(): void {
    this.#stopCheck ??= nodeClock.after(otelLimits.readerCheckMs, () => {
      if (this.#stopCollection) checkReaders(this.#provider)
    })
  }

  #restart(): void {
    this.#stopCollection?.()
    this.#stopCollection = undefined
    const provider = this.#provider
    // The preload already collects for the provider that the preload offers.
    if (!this.#isOn || preloadProvider in provider) return
    const { httpMetrics, httpBodySizes } = this.#config
    const meter = provider.getMeter(ownScope, version)
    this.#stopCollection = shareCollection({ provider, meter, httpMetrics, httpBodySizes })
    this.#checkLater()
  }
}
