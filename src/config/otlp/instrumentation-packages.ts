import { failureOf } from '../../files/failure-of.ts'
import { loadPackage, type Place, packagePlaces } from '../../files/load-package.ts'
import type { OtelInstrumentationName } from '../settings.ts'

/** The package of each instrumentation. Users install the packages. */
export const instrumentationPackages: Readonly<Record<OtelInstrumentationName, string>> = {
  http: '@opentelemetry/instrumentation-http',
  'http-client': '@opentelemetry/instrumentation-http',
  'runtime-node': '@opentelemetry/instrumentation-runtime-node',
}

/** A sentence without full stop for each package that is missing, or that does not load. */
export function missingInstrumentations(
  names: readonly OtelInstrumentationName[],
  places: readonly Place[] = packagePlaces(),
): string[] {
  const packages = new Set(names.map((name) => instrumentationPackages[name]))
  return [...packages].flatMap((name) => failureOf(() => loadPackage(name, places)) ?? [])
}
