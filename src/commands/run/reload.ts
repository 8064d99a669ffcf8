import type { GunicornLog } from '../../log/gunicorn-log.ts'
import { HookCaller, type Hooks } from '../../master/hooks/hooks.ts'
import { loadHooks } from '../../master/hooks/load-hooks.ts'
import type { Master } from '../../master/master.ts'
import type { Service } from '../../master/systemd/service.ts'
import { codeOf, withCode } from '../../model/errors/coded-error.ts'
import { coded } from '../../model/errors/coded-text.ts'
import { messageOf } from '../../support/error-message.ts'
import type { RunObservers } from './run-observers.ts'
import { parseRun } from './run-options.ts'
import type { RunProcess } from './run-process.ts'

interface Reload {
  readonly master: Master
  readonly service: Pick<Service, 'reload'>
  readonly runProcess: RunProcess
  readonly log: GunicornLog
  readonly argv: readonly string[]
  readonly ownHooks: Hooks
  readonly countFault: (part: string) => void
  readonly observers: RunObservers
}

/**
 * Reads the configuration, the files with variables and the hooks again. Logs each fault, and then
 * changes nothing.
 */
export function reload(options: Reload): void {
  options.service.reload(() => {
    const reason = attempt(options)
    if (reason !== undefined) options.runProcess.refuse()
    return reason
  })
}

/** @returns the reason of a failure. */
function attempt(options: Reload): string | undefined {
  const { master, runProcess, log, argv, ownHooks, countFault } = options
  try {
    const request = parseRun(argv, runProcess.startAgain())
    if (request.kind === 'faults') {
      const { faults } = request
      const text = `the configuration has faults: ${faults.join(' ')}`
      log.write('error', coded('GPE_RELOAD_REFUSED', `Cannot reload, ${text}`), { faults })
      return text
    }
    if (request.kind !== 'run') return 'the command line asks for a text'
    const hooks = { ...ownHooks, ...loadHooks(request.settings.hooks) }
    options.observers.use(request.settings)
    runProcess.accept(request.settings)
    const onFault = (): void => countFault('hook')
    master.reload(request.settings, new HookCaller(hooks, log, { onFault }))
    return undefined
  } catch (error) {
    const reason = reasonOf(error)
    log.write('error', coded('GPE_RELOAD_REFUSED', `Cannot reload: ${reason}`))
    return reason
  }
}

/** The message of the error, with the code of the cause where the error has a code. */
function reasonOf(error: unknown): string {
  const code = codeOf(error)
  return code ? withCode(code, messageOf(error)) : messageOf(error)
}
