import { environment } from '../config/environment.ts'
import type { GunicornLog } from '../log/gunicorn-log.ts'
import { HookCaller, type Hooks } from '../master/hooks/hooks.ts'
import { loadHooks } from '../master/hooks/load-hooks.ts'
import type { Master } from '../master/master.ts'
import { messageOf } from '../support/error-message.ts'
import { parseRun } from './run-options.ts'

export interface Reload {
  readonly master: Master
  readonly log: GunicornLog
  readonly argv: readonly string[]
  readonly ownHooks: Hooks
  readonly onFault: () => void
}

/** Reads the configuration and the hooks again. Logs each fault, and then changes nothing. */
export function reload({ master, log, argv, ownHooks, onFault }: Reload): void {
  const request = parseRun(argv, environment())
  if (request.kind === 'faults') {
    const { faults } = request
    log.write('error', `Cannot reload, the configuration has faults: ${faults.join(' ')}`, {
      faults,
    })
  }
  if (request.kind !== 'run') return
  try {
    const hooks = { ...ownHooks, ...loadHooks(request.settings.hooks) }
    master.reload(request.settings, new HookCaller(hooks, log, { onFault }))
  } catch (error) {
    log.write('error', `Cannot reload: ${messageOf(error)}`)
  }
}
