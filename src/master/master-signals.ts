import { isatty } from 'node:tty'
import type { GunicornLog } from '../log/gunicorn-log.ts'
import { coded } from '../model/errors/coded-text.ts'
import { type MasterReason, masterReason } from '../model/signal.ts'
import type { Master } from './master.ts'

export interface MasterSignalOptions {
  readonly master: Master
  readonly log: GunicornLog
  readonly onSignal: (reason: MasterReason) => void
  /** Acts on a signal, possibly later. */
  readonly around: (reason: MasterReason, act: () => void) => void
  /** Starts a new master beside this master. */
  readonly upgrade: () => void
  /** Reads the configuration again, and reloads the master. */
  readonly reload: () => void
  /** Stops the master if its terminal is gone. Default: the process has no terminal. */
  readonly stopsWithoutTerminal?: () => boolean
}

/** Lets a master handle signals as gunicorn does. */
export function masterSignals({
  master,
  log,
  onSignal,
  around,
  upgrade,
  reload,
  stopsWithoutTerminal = () => false,
}: MasterSignalOptions): void {
  const acts: Partial<Record<NodeJS.Signals | 'SIGTTIN' | 'SIGTTOU', () => void>> = {
    SIGTERM: () => master.stop('term'),
    SIGINT: () => master.stop('int'),
    SIGQUIT: () => master.stop('quit'),
    // The system sends SIGHUP when the terminal of the process goes away.
    SIGHUP() {
      if (!stopsWithoutTerminal()) reload()
    },
    SIGTTIN: () => master.scale(1),
    SIGTTOU: () => master.scale(-1),
    SIGUSR1: () => master.reopenLogs(),
    SIGUSR2: upgrade,
    SIGWINCH() {
      // A terminal sends SIGWINCH to all its programs when the window changes.
      if ([0, 1, 2].some((descriptor) => isatty(descriptor)))
        log.write('info', 'Ignored: the master runs on a terminal')
      else master.rest()
    },
  }
  for (const [signal, act] of Object.entries(acts)) {
    process.on(signal, () => {
      log.write('info', `Handling signal: ${signal.slice(3).toLowerCase()}`)
      const reason = masterReason(signal)
      if (!reason) return
      onSignal(reason)
      around(reason, act)
    })
  }
}

/** Workers that write to a terminal that is gone fail, and new workers would fail again. */
export function stopWithoutTerminal(
  master: Pick<Master, 'stop'>,
  log: Pick<GunicornLog, 'write'>,
): void {
  const text = 'The terminal of this master is gone. Stopping'
  log.write('warning', coded('GPE_TERMINAL_GONE', text))
  master.stop('term')
}
