import type { Attributes, Context, Meter, MeterProvider, MetricOptions } from '@opentelemetry/api'
import { ownScope } from '../model/own-scope.ts'
import { GuardedObservables } from './guarded-observables.ts'
import { derived, inherited } from './shared/override-methods.ts'

/**
 * Wraps a provider of the SDK so that synchronous instruments never throw. The SDK throws for
 * attributes without a JSON form, and for null. OTel's API without an SDK never throws, and an
 * application without an SDK can rely on the API. Errors of observable callbacks name their metric.
 *
 */
export function guardedProvider(provider: MeterProvider, options: GuardOptions): MeterProvider {
  const observables = new GuardedObservables()
  return inherited(provider, {
    getMeter: (name: string, ...given: Rest<Parameters<MeterProvider['getMeter']>>) => {
      // Our scope marks our metrics, so the application cannot have a meter of the scope.
      const meter = provider.getMeter(name === ownScope ? applicationScope : name, ...given)
      const methods = synchronousMethods(meter, name, options)
      return inherited(meter, { ...methods, ...observables.methodsOf(meter) })
    },
  })
}

export interface GuardOptions {
  /** Called with the name of an instrument that lost a value or the options. */
  readonly onFault: (name: string) => void
  /** Whether a synchronous instrument of a scope measures nothing. Called for each instrument. */
  readonly leavesOut?: ((name: string, scope: string) => boolean) | undefined
}

const applicationScope = 'application'

type Rest<T extends unknown[]> = T extends [unknown, ...infer Others] ? Others : never

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
  scope: string,
  { onFault, leavesOut }: GuardOptions,
): Partial<Meter> {
  const makers = (Object.keys(measuring) as Making[]).map((making) => [
    making,
    (name: string, options?: MetricOptions): Instrument => {
      if (leavesOut?.(name, scope)) return silent
      const countFault = (): void => onFault(name)
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

const silent: Instrument = { add() {}, record() {} }

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
