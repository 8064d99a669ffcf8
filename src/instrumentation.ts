import type { MeterProvider } from '@opentelemetry/api'
import { metrics } from '@opentelemetry/api'
import { InstrumentationBase, type InstrumentationConfig } from '@opentelemetry/instrumentation'
import { preloadProvider } from './collect/offered-provider.ts'
import { ownScope } from './model/catalog.ts'
import { collectInto } from './sdk-collection.ts'
import type { Stop } from './stop.ts'
import { version } from './version.ts'

/**
 * Emits the `gunicorn_*` metrics of this process as instruments of your own OTel SDK.
 *
 * ```ts
 * registerInstrumentations({ meterProvider, instrumentations: [new GunicornInstrumentation()] })
 * ```
 */
export class GunicornInstrumentation extends InstrumentationBase {
  // Not initialised: the base class calls the methods below from its constructor.
  declare private stopCollection: Stop | undefined
  declare private isOn: boolean
  declare private feedsPreload: boolean

  /** @param config `enabled: false` waits for `enable()`. */
  constructor(config: InstrumentationConfig = {}) {
    super(ownScope, version, config)
  }

  protected override init(): undefined {
    return undefined
  }

  override enable(): void {
    super.enable()
    this.isOn = true
    this.restart()
  }

  override disable(): void {
    super.disable()
    this.isOn = false
    this.restart()
  }

  override setMeterProvider(provider: MeterProvider): void {
    this.feedsPreload = preloadProvider in provider
    super.setMeterProvider(provider)
  }

  protected override _updateMetricInstruments(): void {
    this.feedsPreload ??= preloadProvider in metrics.getMeterProvider()
    this.restart()
  }

  private restart(): void {
    this.stopCollection?.()
    this.stopCollection = undefined
    if (this.isOn && !this.feedsPreload) this.stopCollection = collectInto(this.meter)
  }
}
