import type { MeterProvider } from '@opentelemetry/api'
import { metrics } from '@opentelemetry/api'
import { InstrumentationBase, type InstrumentationConfig } from '@opentelemetry/instrumentation'
import { otelLimits } from '../limits/otel.ts'
import { ownScope } from '../model/own-scope.ts'
import { version } from '../model/version.ts'
import { preloadProvider } from '../otel/offered-provider.ts'
import { nodeClock } from '../support/clock.ts'
import type { Stop } from '../support/stop.ts'
import { shareCollection } from './shared-collection.ts'
import { checkReaders } from './unread-metrics.ts'

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
 */
export class GunicornInstrumentation extends InstrumentationBase<GunicornInstrumentationConfig> {
  // Without initial values: the constructor of the base class calls the methods below.
  declare private stopCollection: Stop | undefined
  declare private stopCheck: Stop | undefined
  declare private isOn: boolean | undefined
  declare private provider: MeterProvider | undefined

  /**
   * @param config with `enabled: false`, the instrumentation waits for `enable()`, or for a
   * registration.
   */
  constructor(config: GunicornInstrumentationConfig = {}) {
    super(ownScope, version, config)
    this.isOn ??= false
  }

  protected override init(): undefined {
    return undefined
  }

  override enable(): void {
    super.enable()
    this.turn(true)
  }

  /** Stops measuring and removes every hook. The SDK keeps the metrics so far. */
  override disable(): void {
    super.disable()
    this.turn(false)
  }

  /** Replaces the configuration. A value of `enabled` starts or stops the instrumentation. */
  override setConfig(config: GunicornInstrumentationConfig = {}): void {
    super.setConfig(config)
    if (this.isOn === undefined) return
    // Stops the present collection, because the new collection can have other metrics.
    if (this.isOn && config.enabled !== false) this.restart()
    if (config.enabled === true) this.enable()
    if (config.enabled === false) this.disable()
  }

  override setMeterProvider(provider: MeterProvider): void {
    this.provider = provider
    super.setMeterProvider(provider)
  }

  protected override _updateMetricInstruments(): void {
    this.provider ??= metrics.getMeterProvider()
    this.restart()
  }

  private turn(isOn: boolean): void {
    // A registration enables only an instrumentation with `enabled: false` in its configuration.
    super.setConfig({ ...this.getConfig(), enabled: isOn })
    if (this.isOn === isOn) return
    this.isOn = isOn
    this.restart()
  }

  /** An application can pass the provider later than the first listening server. */
  private checkLater(): void {
    this.stopCheck ??= nodeClock.after(otelLimits.readerCheckMs, () => {
      if (this.stopCollection && this.provider) checkReaders(this.provider)
    })
  }

  private restart(): void {
    this.stopCollection?.()
    this.stopCollection = undefined
    const { provider } = this
    // The preload already collects for the provider that the preload offers.
    if (!this.isOn || !provider || preloadProvider in provider) return
    const { httpMetrics, httpBodySizes } = this.getConfig()
    const { meter } = this
    this.stopCollection = shareCollection({ provider, meter, httpMetrics, httpBodySizes })
    this.checkLater()
  }
}
