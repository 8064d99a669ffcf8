import { setVariables } from '../../config/environment.ts'
import { describeFilesStatus } from '../../endpoint/auth.ts'
import { serveObservedEndpoint } from '../../endpoint/observed-endpoint.ts'
import { sidecarLimits } from '../../limits/sidecar.ts'
import { Live, liveContent } from '../../live/live.ts'
import { pageText } from '../../live/page-text.ts'
import { GunicornLog } from '../../log/gunicorn-log.ts'
import { quoted } from '../../log/redact.ts'
import { codeOf } from '../../model/errors/coded-error.ts'
import type { CodedText } from '../../model/errors/coded-text.ts'
import { BindLog } from '../../preload/bind-log.ts'
import { Announcement } from '../../sidecar/announcement.ts'
import { DirectoryOrigin } from '../../sidecar/directory-origin.ts'
import { DirectorySize } from '../../sidecar/directory-size.ts'
import type { Origin } from '../../sidecar/origin.ts'
import { RedisOrigin } from '../../sidecar/redis-origin.ts'
import type { ServeSettings } from '../../sidecar/serve-settings.ts'
import { Sidecar } from '../../sidecar/sidecar.ts'
import { stopOrigins } from '../../sidecar/stop-origins.ts'
import type { Stop } from '../../support/stop.ts'
import { endProcess } from '../line/end-process.ts'

/** Serves the metrics of other processes until SIGTERM or SIGINT. */
export function serve(settings: ServeSettings): void {
  const log = new GunicornLog(undefined, 'info', {
    format: settings.logFormat,
    component: 'sidecar',
  })
  for (const text of settings.warnings) log.write('warning', text)
  // An image can preload the package into every process. This process is not an application.
  setVariables({ OTEL_SDK_DISABLED: 'true' })
  const { directory, maxSeries, page, resource, updateIntervalMs } = settings
  const directorySize =
    directory === undefined
      ? undefined
      : new DirectorySize({ path: directory, intervalMs: updateIntervalMs })
  const origins = originsOf(settings, log, directorySize)
  const sidecar = new Sidecar({ origins, directorySize, maxSeries, resource, page })
  const withdraw = announceIn(settings, log)
  const { close } = listen(settings, sidecar, log)
  log.write('info', `Starting, pid ${process.pid}, reading ${placesOf(settings).join(' and ')}`)
  let isEnding = false
  const end = (signal: string): void => {
    // The second signal ends the process at once.
    if (isEnding) process.exit(0)
    isEnding = true
    log.write('info', `Handling signal: ${signal.slice(3).toLowerCase()}`)
    withdraw()
    close()
    directorySize?.stop()
    void stopOrigins(origins).then((areStopped) => {
      if (areStopped) log.write('info', 'Shutting down: Sidecar')
      endProcess(0)
    })
  }
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, end)
}

function announceIn({ directory, endpoint, redis }: ServeSettings, log: GunicornLog): Stop {
  if (directory === undefined) return () => {}
  const onNotice = (text: CodedText): void => log.write('warning', text)
  const announcement = new Announcement({
    directory,
    address: endpoint.address,
    readsRedis: redis !== undefined,
    onNotice,
  })
  return () => announcement.stop()
}

function placesOf({ redis, node, directory }: ServeSettings): string[] {
  const ofNode = node === undefined ? '' : ` for node ${quoted(node)}`
  return [...(redis ? [`Redis${ofNode}`] : []), ...(directory === undefined ? [] : [directory])]
}

function originsOf(
  { redis, node, directory, directorySetting: setting }: ServeSettings,
  log: GunicornLog,
  size: DirectorySize | undefined,
): Origin[] {
  const onNotice = (text: CodedText): void => log.write('warning', text)
  const onWaiting = (text: string): void => log.write('info', text)
  const onNewFiles = async (): Promise<void> => await size?.measure()
  return [
    ...(redis ? [new RedisOrigin({ settings: redis, node, onNotice })] : []),
    ...(directory === undefined
      ? []
      : [new DirectoryOrigin({ directory, setting, onNotice, onWaiting, onNewFiles })]),
  ]
}

function listen(
  { endpoint, directory, hasLivePage }: ServeSettings,
  sidecar: Sidecar,
  log: GunicornLog,
): ReturnType<typeof serveObservedEndpoint> {
  const bindLog = new BindLog()
  const startedAt = performance.now()
  /** An application that shares the directory keeps the port until it finds this sidecar. */
  const isHandOver = (error: Error): boolean =>
    directory !== undefined &&
    codeOf(error) === 'GPE_PORT_IN_USE' &&
    performance.now() - startedAt < sidecarLimits.handOverMs
  bindLog.use((level, text) => {
    if (level === 'info') log.write(level, text)
    else log.write('error', text)
  })
  return serveObservedEndpoint({
    ...endpoint,
    isBound: true,
    page: (format) => sidecar.page(format),
    freshen: () => sidecar.freshen(),
    status: (connections, details) => sidecar.status(connections, details),
    readiness: () => sidecar.readiness(),
    live: hasLivePage ? liveContent(liveOf(sidecar), pageText) : undefined,
    metrics: sidecar.endpointMetrics,
    onBound: (url) => bindLog.bound(url),
    onBindFailed: (error) => {
      if (!isHandOver(error)) bindLog.failed(error.message, codeOf(error))
    },
    onFiles: (status) => log.write('warning', describeFilesStatus(status)),
  })
}

/** Metrics of many instances take time to read: a sidecar reads them only while somebody looks. */
function liveOf(sidecar: Sidecar): Live {
  return new Live({
    source: sidecar.liveSource(),
    isAlwaysSampled: false,
    onFault: () => sidecar.endpointMetrics.countFault('live'),
  })
}
