import type { Attributes, Context, Meter, MeterProvider, MetricOptions } from '@opentelemetry/api'
import { ownScope } from '../model/own-scope.ts'
import { GuardedObservables } from './guarded-observables.ts'
import { derived, inherited } from './shared/override-methods.ts'

/**
 * Wraps a provider of the SDK so that synchronous instruments never throw. The SDK throws for
 * attributes without a JSON form, and for null. OTel's API without an SDK never throws, and an
 * application without an SDK can rely on the API. Errors of observable callbacks name their metric.
 *
 * @param onFault called with the name of an instrument that lost a value or the options.
 * @param onInstrument called with the name of a synchronous instrument that the application makes.
 */
export function guardedProvider(
  provider: MeterProvider,
  onFault: OnFault,
  onInstrument: (name: string) => void = () => {},
): MeterProvider {
  const observables = new GuardedObservables()
  return inherited(provider, {
    getMeter: (name: string, ...given: Rest<Parameters<MeterProvider['getMeter']>>) => {
      // Our scope marks our metrics, so the application cannot have a meter of the scope.
      const meter = provider.getMeter(name === ownScope ? applicationScope : name, ...given)
      const methods = synchronousMethods(meter, onFault, onInstrument)
      return inherited(meter, { ...methods, ...observables.methodsOf(meter) })
    },
  })
}

const applicationScope = 'application'

type Rest<T extends unknown[]> = T extends [unknown, ...infer Others] ? Others : never
type OnFault = (name: string) => void

/** The methods of a meter for synchronous instruments, with the recording method of each. */
const measuring = {
  createCounter: 'add',
  createUpDownCounter: 'add',
  createHistogram: 'record',
  createGauge: 'record',
} as const

type Making = keyof typeof measuring
type Measuring = (typeof measuring)[Making]
type Measure = (value: number, attributes?: Attributes, context?: Context) => void
type Instrument = Partial<Record<Measuring, Measure>>

function synchronousMethods(
  meter: Meter,
  onFault: OnFault,
  onInstrument: (name: string) => void,
): Partial<Meter> {
  const makers = (Object.keys(measuring) as Making[]).map((making) => [
    making,
    (name: string, options?: MetricOptions): Instrument => {
      const countFault = (): void => onFault(name)
      onInstrument(name)
      const make = (given?: MetricOptions): Instrument => meter[making](name, given)
      return guardedInstrument(
        withoutBadOptions(make, options, countFault),
        measuring[making],
        countFault,
      )
    },
  ])
  return Object.fromEntries(makers)
}

function guardedInstrument(
  instrument: Instrument,
  measuring: Measuring,
  onFault: () => void,
): Instrument {
  const measure: Measure = (value, attributes, context) => {
    try {
      instrument[measuring]?.(value, attributes, context)
    } catch {
      onFault()
    }
  }
  return derived(instrument, { [measuring]: measure })
}

/** Makes an instrument. If the SDK throws for the options, makes the instrument without options. */
function withoutBadOptions(
  make: (options?: MetricOptions) => Instrument,
  options: MetricOptions | undefined,
  onFault: () => void,
): Instrument {
  try {
    return make(options)
  } catch {
    onFault()
    return make()
  }
}
