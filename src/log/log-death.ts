import { type Death, deathLevel, deathText } from '../model/death.ts'
import { diagnose } from './log.ts'

/** Tells OTel's `diag` how a worker ended. @throws where a logger of the application's throws. */
export function logDeath(death: Death): void {
  diagnose(deathLevel(death) === 'info' ? 'info' : 'warn', deathText(death))
}
