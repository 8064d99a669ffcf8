import { type DetectorName, detectorNames, detectorPackages } from '../config/otlp/detectors.ts'
import type { Settings } from '../config/settings.ts'
import { loadPackage, type Place } from '../files/load-package.ts'
import { codeOf } from '../model/errors/coded-error.ts'
import { type CodedText, coded } from '../model/errors/coded-text.ts'
import { messageOf } from '../support/error-message.ts'

/** Detectors of `@opentelemetry/resources`. */
interface OwnDetectors {
  readonly hostDetector: unknown
  readonly osDetector: unknown
  readonly processDetector: unknown
}

export interface DetectorsOptions {
  readonly given: Settings['resourceDetectors']
  readonly own: OwnDetectors
  /** Where packages of the application resolve. */
  readonly places: readonly Place[]
  /** Called with the reason for each named detector that cannot be loaded. */
  readonly onMissing: (text: CodedText) => void
}

/**
 * The detectors of OTEL_NODE_RESOURCE_DETECTORS, in the order of the variable. `all` contains the
 * detectors of the packages that the application has.
 */
export function loadDetectors({ given, own, places, onMissing }: DetectorsOptions): unknown[] {
  const tellsMissing = !given.includes('all')
  return detectorNames(given).flatMap((name) => {
    try {
      return detectorsOf(name, own, places)
    } catch (error) {
      const text = `OTEL_NODE_RESOURCE_DETECTORS has ${name}: ${messageOf(error)}`
      if (tellsMissing) onMissing(coded(codeOf(error) ?? 'GPE_RESOURCE_DETECTORS', text))
      return []
    }
  })
}

function detectorsOf(name: DetectorName, own: OwnDetectors, places: readonly Place[]): unknown[] {
  const packaged = detectorPackages[name]
  if (packaged) {
    const loaded = loadPackage(packaged.package, places) as Readonly<Record<string, unknown>>
    return packaged.detectors.flatMap((each) => loaded[each] ?? [])
  }
  if (name === 'host') return [own.hostDetector]
  if (name === 'os') return [own.osDetector]
  // The resource always has the environment and an identity of the instance.
  return name === 'process' ? [own.processDetector] : []
}
