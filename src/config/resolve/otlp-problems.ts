import { type Place, packageFailure, packagePlaces } from '../../files/load-package.ts'
import { detectorNames, detectorPackages } from '../otlp/detectors.ts'
import { unusedEndpoint } from '../otlp/endpoint-problems.ts'
import { instrumentationFailures } from '../otlp/instrumentation-packages.ts'
import { protocolFaults } from '../otlp/protocol-faults.ts'
import { variableProblems } from '../otlp/variable-problems.ts'
import { noValue, type Problem } from '../problem.ts'
import { joined, noProblems, type Problems } from '../problems.ts'
import { usualName } from '../setting-names.ts'
import { otelInstrumentationsOf, type Settings } from '../settings.ts'
import type { Environment } from './resolved.ts'
import type { RuleContext } from './rule-context.ts'

/**
 * Problems of the variables of OTLP, for a check. The exporter itself tells the problems when
 * pushes start. Packages of the application resolve from the working directory.
 */
export function otlpProblems(environment: Environment, context: RuleContext): Problems {
  const { metricsExporters, resourceDetectors } = context.settings
  const exporters = context.named('metricsExporters')
  if (!metricsExporters.includes('otlp')) {
    return { ...noProblems, notes: unusedEndpoint(environment, exporters) }
  }
  const places = packagePlaces()
  const faults = protocolFaults(environment, places, exporters)
  const warnings = detectorWarnings(resourceDetectors, places)
  return joined([{ ...noProblems, faults, warnings }, variableProblems(environment)])
}

/** Detectors without their package. `all` takes the packages that are there. */
function detectorWarnings(
  given: Settings['resourceDetectors'],
  places: readonly Place[],
): Problem[] {
  if (given.includes('all')) return []
  return detectorNames(given).flatMap((name) => {
    const packaged = detectorPackages[name]
    const failure = packaged && packageFailure(packaged.package, places)
    if (!failure) return []
    const key = usualName('resourceDetectors')
    return [noValue(failure.code, key, `${key} has ${name}: ${failure.reason}`)]
  })
}

/** Instrumentations whose package is missing or does not load, for a check. */
export function instrumentationWarnings(context: RuleContext): Problem[] {
  const { settings } = context
  const isGiven = settings.instrumentations.length > 0
  const key = context.named(isGiven ? 'instrumentations' : 'enabledInstrumentations')
  return instrumentationFailures(otelInstrumentationsOf(settings)).map(({ code, reason }) =>
    noValue(code, key, `${key} asks for an instrumentation: ${reason}`),
  )
}
