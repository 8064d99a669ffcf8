import {
  type PackageFailure,
  type Place,
  packageFailure,
  packagePlaces,
} from '../../files/load-package.ts'
import type { OtelInstrumentationName } from '../settings.ts'

/** The package of each instrumentation. Users install the packages. */
export const instrumentationPackages: Readonly<Record<OtelInstrumentationName, string>> = {
  http: '@opentelemetry/instrumentation-http',
  'http-client': '@opentelemetry/instrumentation-http',
  'runtime-node': '@opentelemetry/instrumentation-runtime-node',
}

/** Each package that is missing, or that does not load. */
export function instrumentationFailures(
  names: readonly OtelInstrumentationName[],
  places: readonly Place[] = packagePlaces(),
): PackageFailure[] {
  const packages = new Set(names.map((name) => instrumentationPackages[name]))
  return [...packages].flatMap((name) => packageFailure(name, places) ?? [])
}
