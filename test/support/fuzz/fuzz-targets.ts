import type { FuzzTarget } from './fuzz-target.ts'
import { configurationTarget } from './targets/configuration.ts'
import { crashFilesTarget } from './targets/crash-files.ts'
import { endpointTarget } from './targets/endpoint.ts'
import { eventOrdersTarget } from './targets/event-orders.ts'
import { expositionTarget } from './targets/exposition.ts'
import { guardsTarget } from './targets/guards.ts'
import { pageRequestsTarget, pageResponsesTarget } from './targets/page-protocol.ts'
import { peersTarget } from './targets/peers.ts'
import { reportsTarget } from './targets/reports.ts'
import { textsTarget } from './targets/texts.ts'

/** Everything that `npm run test:fuzz` feeds with random input. */
export const fuzzTargets: readonly FuzzTarget[] = [
  eventOrdersTarget,
  crashFilesTarget,
  reportsTarget,
  guardsTarget,
  textsTarget,
  peersTarget,
  configurationTarget,
  expositionTarget,
  pageRequestsTarget,
  pageResponsesTarget,
  endpointTarget,
]
