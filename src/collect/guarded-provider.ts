import type { Counter, Histogram, Meter, MeterProvider, MetricOptions } from '@opentelemetry/api'
import { inherited } from './inherited.ts'

/**
 * A provider of the SDK's whose synchronous instruments throw nothing. The SDK does at attributes that are no JSON, or
 * null; an application that has no SDK, and measures all the same, has never met that.
 *
 * @param onFault called with the name of the instrument whose value is lost, or whose options are.
 */
export function guardedProvider(
  provider: MeterProvider,
  onFault: (name: string) => void,
): MeterProvider {
  return inherited(provider, {
    getMeter: (...given: Parameters<MeterProvider['getMeter']>) =>
      guardedMeter(provider.getMeter(...given), onFault),
  })
}

type OnFault = (name: string) => void

function guardedMeter(meter: Meter, onFault: OnFault): Meter {
  const adding = <K extends 'createCounter' | 'createUpDownCounter'>(kind: K) => ({
    [kind]: (name: string, options?: MetricOptions): Counter => {
      const made = optional(
        options,
        (given) => meter[kind](name, given),
        () => onFault(name),
      )
      const add: Counter['add'] = (...values) =>
        quietly(
          () => made.add(...values),
          () => onFault(name),
        )
      return Object.assign(Object.create(made), { add })
    },
  })
  const recording = <K extends 'createHistogram' | 'createGauge'>(kind: K) => ({
    [kind]: (name: string, options?: MetricOptions): Histogram => {
      const made = optional(
        options,
        (given) => meter[kind](name, given),
        () => onFault(name),
      )
      const record: Histogram['record'] = (...values) =>
        quietly(
          () => made.record(...values),
          () => onFault(name),
        )
      return Object.assign(Object.create(made), { record })
    },
  })
  return inherited(meter, {
    ...adding('createCounter'),
    ...adding('createUpDownCounter'),
    ...recording('createHistogram'),
    ...recording('createGauge'),
  })
}

/** Makes an instrument; without its options where the SDK cannot read them. */
function optional<T>(
  options: MetricOptions | undefined,
  make: (options?: MetricOptions) => T,
  onFault: () => void,
): T {
  try {
    return make(options)
  } catch {
    onFault()
    return make()
  }
}

function quietly(act: () => void, onFault: () => void): void {
  try {
    act()
  } catch {
    onFault()
  }
}
