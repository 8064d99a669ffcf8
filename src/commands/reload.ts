import { environment } from '../config/environment.ts'
import type { GunicornLog } from '../log/gunicorn-log.ts'
import { HookCaller, type Hooks } from '../master/hooks/hooks.ts'
import { loadHooks } from '../master/hooks/load-hooks.ts'
import type { Master } from '../master/master.ts'
import type { Service } from '../master/systemd/service.ts'
import { messageOf } from '../support/error-message.ts'
import { parseRun } from './run-options.ts'

interface Reload {
  readonly master: Master
  readonly service: Pick<Service, 'reload'>
  readonly log: GunicornLog
  readonly argv: readonly string[]
  readonly ownHooks: Hooks
  readonly countFault: (part: string) => void
}

/** Reads configuration and hooks again. Logs each fault, and then changes nothing. */
export function reload(options: Reload): void {
  options.service.reload(() => attempt(options))
}

/** @returns the reason of a failure. */
function attempt({ master, log, argv, ownHooks, countFault }: Reload): string | undefined {
  const request = parseRun(argv, environment())
  if (request.kind === 'faults') {
    const { faults } = request
    const text = `the configuration has faults: ${faults.join(' ')}`
    log.write('error', `Cannot reload, ${text}`, { faults })
    return text
  }
  if (request.kind !== 'run') return 'the command line asks for a text'
  try {
    const hooks = { ...ownHooks, ...loadHooks(request.settings.hooks) }
    master.reload(
      request.settings,
      new HookCaller(hooks, log, { onFault: () => countFault('hook') }),
    )
    return undefined
  } catch (error) {
    log.write('error', `Cannot reload: ${messageOf(error)}`)
    return messageOf(error)
  }
}
