import type { AccessLogSettings, StatsdSettings } from '../../model/request/observer-settings.ts'
import { messageOf } from '../../support/error-message.ts'
import { isRecord } from '../../support/guards.ts'
import { AccessLog } from './access-log.ts'
import { StatsdRequests } from './statsd-requests.ts'

/** What the agent of a worker does with each ended request. */
export interface ObserverSettings {
  readonly accessLog: AccessLogSettings | undefined
  readonly statsd: StatsdSettings | undefined
}

/** The settings in a message of a master; other values count as not given. */
export function parseObserverSettings(value: Readonly<Record<string, unknown>>): ObserverSettings {
  const { accessLog, statsd } = value
  return {
    accessLog: isAccessLog(accessLog) ? accessLog : undefined,
    statsd: isStatsd(statsd) ? statsd : undefined,
  }
}

function isAccessLog(value: unknown): value is AccessLogSettings {
  return isRecord(value) && isText(value['file']) && isText(value['format'])
}

function isStatsd(value: unknown): value is StatsdSettings {
  if (!isRecord(value)) return false
  const { host, port, prefix, tags } = value
  return isText(host) && Number.isInteger(port) && isText(prefix) && isText(tags)
}

function isText(value: unknown): boolean {
  return typeof value === 'string'
}

/** The observers of requests in a worker. */
export interface RequestObservers {
  /** Opens the access log again. */
  readonly reopen: () => void
}

/** @param warn prints a warning. Must not throw. */
export function observeRequests(
  { accessLog, statsd }: ObserverSettings,
  { process, warn }: { process: Pick<NodeJS.Process, 'on'>; warn: (text: string) => void },
): RequestObservers {
  const log = accessLog && openLog(accessLog, warn)
  const sender = statsd && new StatsdRequests(statsd, warn)
  if (log ?? sender) {
    process.on('exit', () => {
      log?.close()
      sender?.close()
    })
  }
  return { reopen: () => log?.reopen() }
}

function openLog(settings: AccessLogSettings, warn: (text: string) => void): AccessLog | undefined {
  try {
    return new AccessLog(settings, warn)
  } catch (error) {
    warn(`The access log ${settings.file} cannot be opened: ${messageOf(error)}`)
    return undefined
  }
}
