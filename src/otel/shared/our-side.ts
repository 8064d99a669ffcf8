import type { Meter } from '@opentelemetry/api'
import { apply } from '../../support/intrinsics/apply.ts'

/** The side of this package, beside the application's SDK. */
export interface OurSide {
  /** Called when the meter has an instrument; undefined if the exporter is off. */
  readonly meter: () => Meter | undefined
  /** Called for an error of our side, which never reaches the application. Must not throw. */
  readonly onFault: () => void
}

type Recording = (...measurement: never[]) => void

/**
 * Records on the application's side first, and then on our side. If the application's side throws,
 * our side has the value, and the application gets the error.
 */
export function inBoth(theirs: Recording, ours: Recording, onFault: () => void): Recording {
  return (...measurement) => {
    try {
      // `theirs(...measurement)` would need the array iterator, which an application can break.
      apply(theirs, undefined, measurement)
    } finally {
      onOurSide(() => apply(ours, undefined, measurement), onFault)
    }
  }
}

/** Undefined if `act` throws. */
export function onOurSide<T>(act: () => T, onFault: () => void): T | undefined {
  try {
    return act()
  } catch {
    onFault()
    return undefined
  }
}
