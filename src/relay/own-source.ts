import { ownStartTicks, startSeconds } from '../support/process/process-identity.ts'
import type { Source } from './report.ts'

const startTicks = ownStartTicks()

/** This process, in each of its reports. */
export const ownSource: Pick<Source, 'startSeconds' | 'pid' | 'startTicks'> = {
  startSeconds,
  pid: process.pid,
  ...(startTicks !== undefined && { startTicks }),
}

/** This process without workers. */
export function singleSource(forkNumber: number = 1): Source {
  return { role: 'single', forkNumber, ...ownSource }
}
