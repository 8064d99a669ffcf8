import type { Meter, MeterProvider } from '@opentelemetry/api'
import { ownScope } from '../../model/own-scope.ts'
import { hide } from '../../support/hidden-property.ts'
import { type OurSide, onOurSide } from './our-side.ts'
import {
  isMeterState,
  type MeterState,
  type ProviderState,
  providerStateOf,
  type Scope,
} from './sdk-internals.ts'
import { shareInstruments } from './shared-instruments.ts'
import { shareObservables } from './shared-observables.ts'

/**
 * Lets all instruments of an SDK's provider record into a provider of this package, too: the
 * instruments that exist, and later instruments. OTel's instrumentations make their instruments
 * when the SDK starts. If the SDK starts before the preload, `sharedProvider` is too late.
 *
 * @param ours called when the provider has an instrument.
 * @param onFault called for an error of our side, which never reaches the application.
 * @returns `false`, without a change, if the provider is of no known SDK.
 */
export function shareSdk(
  theirs: MeterProvider,
  ours: () => MeterProvider | undefined,
  onFault: () => void,
): boolean {
  const provider = providerStateOf(theirs)
  if (!provider || !hasKnownMeters(theirs, provider)) return false
  const share = (state: MeterState): void => {
    const meter: OurSide['meter'] = () => meterFor(state, ours)
    onOurSide(() => shareMeter(state, provider, { meter, onFault }), onFault)
  }
  for (const state of provider.meterSharedStates.values()) share(state)
  const known = new WeakSet<MeterState>(provider.meterSharedStates.values())
  const getState = provider.getMeterSharedState.bind(provider)
  hide(provider, 'getMeterSharedState', (scope: Scope) => {
    const state = getState(scope)
    if (!known.has(state)) {
      known.add(state)
      share(state)
    }
    return state
  })
  return true
}

/** Makes one meter for the check. An SDK exports nothing for a meter without instruments. */
function hasKnownMeters(theirs: MeterProvider, { meterSharedStates }: ProviderState): boolean {
  theirs.getMeter(ownScope)
  const states = [...meterSharedStates.values()]
  return states.length > 0 && states.every(isMeterState)
}

function shareMeter(state: MeterState, { metricCollectors }: ProviderState, ours: OurSide): void {
  // The page already has the metrics of our instrumentation.
  if (state._instrumentationScope.name === ownScope) return
  shareInstruments(state, metricCollectors[0], ours)
  shareObservables(state.observableRegistry, ours)
}

function meterFor(
  { _instrumentationScope: { name, version, schemaUrl } }: MeterState,
  ours: () => MeterProvider | undefined,
): Meter | undefined {
  return ours()?.getMeter(name, version, schemaUrl ? { schemaUrl } : undefined)
}
