import { environment } from '../../config/environment.ts'

/** The variables of `sd_notify(3)` and `sd_watchdog_enabled(3)`. */
const names = ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID'] as const

/** For a fork of a worker. Notifications of an application would contradict the master's. */
export const withoutNotifyVariables: Readonly<Record<string, undefined>> = Object.fromEntries(
  names.map((name) => [name, undefined]),
)

export interface NotifySettings {
  /** A path, or a name after `@`. */
  readonly socket: string
  /** systemd ends a service that is silent for longer; undefined: systemd has no watchdog. */
  readonly watchdogMs: number | undefined
}

/**
 * Reads the variables, and removes WATCHDOG_PID. A successor inherits the other variables, and has
 * another pid.
 */
export function readNotifySettings(): NotifySettings | undefined {
  const { NOTIFY_SOCKET: socket = '', WATCHDOG_USEC: usec, WATCHDOG_PID: pid } = environment()
  const isForOther = pid !== undefined && Number(pid) !== process.pid
  Reflect.deleteProperty(environment(), 'WATCHDOG_PID')
  if (isForOther) Reflect.deleteProperty(environment(), 'WATCHDOG_USEC')
  if (!/^[/@]|^vsock:/.test(socket)) return undefined
  return { socket, watchdogMs: isForOther ? undefined : millisecondsOf(usec) }
}

function millisecondsOf(usec: string | undefined): number | undefined {
  const ms = Number(usec) / 1_000
  return Number.isFinite(ms) && ms > 0 ? ms : undefined
}
