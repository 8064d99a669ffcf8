import type { FuzzTarget } from './fuzz-target.ts'
import { crashFilesTarget } from './targets/crash-files.ts'
import { eventOrdersTarget } from './targets/event-orders.ts'
import { guardsTarget } from './targets/guards.ts'
import { peersTarget } from './targets/peers.ts'
import { reportsTarget } from './targets/reports.ts'

/** Everything that `npm run test:fuzz` feeds with random input. */
export const fuzzTargets: readonly FuzzTarget[] = [
  crashFilesTarget,
  reportsTarget,
  eventOrdersTarget,
  guardsTarget,
  peersTarget,
]
