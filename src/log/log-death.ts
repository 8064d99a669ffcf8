import { type Death, deathLevel, deathText } from '../model/death.ts'
import { diagnose } from './log.ts'

/** Logs the end of a worker to OTel's `diag`. @throws when the application's logger throws. */
export function logDeath(death: Death): void {
  diagnose(deathLevel(death) === 'info' ? 'info' : 'warn', deathText(death))
}
