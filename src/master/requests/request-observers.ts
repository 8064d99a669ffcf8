import { type CodedText, coded } from '../../model/errors/coded-text.ts'
import type { AccessLogSettings, StatsdSettings } from '../../model/request/observer-settings.ts'
import { messageOf } from '../../support/error-message.ts'
import { isIntegerBetween, isRecord } from '../../support/guards.ts'
import { AccessLog } from './access-log.ts'
import { StatsdRequests } from './statsd-requests.ts'

/** What the agent of a worker does with each ended request. */
export interface ObserverSettings {
  readonly accessLog: AccessLogSettings | undefined
  readonly statsd: StatsdSettings | undefined
}

/** The settings in a message of a master; other values count as not given. */
export function parseObserverSettings(value: Readonly<Record<string, unknown>>): ObserverSettings {
  return { accessLog: accessLogIn(value['accessLog']), statsd: statsdIn(value['statsd']) }
}

function accessLogIn(value: unknown): AccessLogSettings | undefined {
  if (!isRecord(value)) return undefined
  const { file, format } = value
  return isText(file) && isText(format) ? { file, format } : undefined
}

function statsdIn(value: unknown): StatsdSettings | undefined {
  if (!isRecord(value)) return undefined
  const { host, port, prefix, tags } = value
  if (!isText(host) || !isIntegerBetween(port, 1, 65_535)) return undefined
  return isText(prefix) && isText(tags) ? { host, port, prefix, tags } : undefined
}

function isText(value: unknown): value is string {
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
  { process, warn }: { process: Pick<NodeJS.Process, 'on'>; warn: (text: CodedText) => void },
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

function openLog(
  settings: AccessLogSettings,
  warn: (text: CodedText) => void,
): AccessLog | undefined {
  try {
    return new AccessLog(settings, warn)
  } catch (error) {
    const text = `The access log ${settings.file} cannot be opened: ${messageOf(error)}`
    warn(coded('GPE_ACCESS_LOG', text))
    return undefined
  }
}
