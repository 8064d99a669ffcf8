import { usualName } from '../../../config/setting-names.ts'
import { settingNames, settingOf } from '../../../config/table.ts'
import type { RunSettings } from '../../settings/run-settings.ts'
import type { ListenerOverview } from '../../sockets/listener-overview.ts'
import type { ControlData } from '../message.ts'

/** gunicorn's keys of `show config`, and then every setting by its variable. Without secrets. */
export function configValues(
  settings: RunSettings,
  listeners: readonly ListenerOverview[],
  socket: string,
): ControlData {
  return { ...gunicornValues(settings, listeners, socket), ...ownValues(settings) }
}

function gunicornValues(
  settings: RunSettings,
  listeners: readonly ListenerOverview[],
  socket: string,
): ControlData {
  return {
    bind: listeners.map(({ address }) => address.replace(/^http:\/\//, '')),
    workers: settings.workers,
    worker_class: 'node:cluster',
    threads: 1,
    timeout: settings.timeoutMs / 1_000,
    graceful_timeout: settings.gracefulTimeoutMs / 1_000,
    keepalive: settings.keepAliveMs / 1_000,
    max_requests: settings.maxRequests,
    max_requests_jitter: settings.maxRequestsJitter,
    preload_app: false,
    daemon: false,
    pidfile: settings.pidFile ?? null,
    proc_name: settings.app,
    control_socket: socket,
    control_socket_disable: false,
  }
}

/** Each kind masks its secrets. */
function ownValues({ exporter }: RunSettings): ControlData {
  const entries = settingNames.map((name) => {
    const { kind, fallbackText } = settingOf(name)
    const { [name]: value } = exporter
    const shown = value === undefined ? fallbackText : kind.shown(value)
    return [usualName(name), shown || 'none']
  })
  return Object.fromEntries(entries)
}
