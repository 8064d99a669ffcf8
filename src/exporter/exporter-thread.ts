import { BroadcastChannel, parentPort, workerData } from 'node:worker_threads'
import { describeFilesStatus } from '../endpoint/auth.ts'
import { serveObservedEndpoint } from '../endpoint/observed-endpoint.ts'
import { nameClashText, reservedNameText, shedText } from '../exposition/reserved-names.ts'
import { hangStackLimits } from '../limits/hang-stacks.ts'
import { stateLimits } from '../limits/state.ts'
import { Live, liveContent } from '../live/live.ts'
import { pageText } from '../live/page-text.ts'
import { log, parseLogLevel, setLogFormat, setLogLevel } from '../log/log.ts'
import { logHang } from '../log/log-hang.ts'
import type { ClusterEvent } from '../model/cluster-event.ts'
import { codeOf } from '../model/errors/coded-error.ts'
import type { HungProcess } from '../model/hang.ts'
import { PageServer } from '../mount/page-server.ts'
import { startPush } from '../push/push.ts'
import { PushMetrics } from '../push/push-metrics.ts'
import { DirectoryPublisher } from '../share/directory/directory-publisher.ts'
import type { DirectorySettings } from '../share/directory/shared-directory.ts'
import { RedisShare } from '../share/redis-share.ts'
import { oomCounterFile } from '../state/ends/oom-counter.ts'
import { nodeClock } from '../support/clock.ts'
import { monotonicNow } from '../support/intrinsics/monotonic-now.ts'
import { beatOf } from './beat.ts'
import type { ControlView } from './control-view.ts'
import { Exporter } from './exporter.ts'
import { LastScrape } from './last-scrape.ts'
import { shutDown } from './shutdown.ts'
import { SidecarLink } from './sidecar-link.ts'
import { ThreadHandOver } from './thread-hand-over.ts'
import {
  type FromThread,
  isFileNotice,
  type Restarts,
  type ThreadData,
  type ToThread,
} from './thread-message.ts'
import { lowerPriority } from './thread-priority.ts'

/*
 * The exporter thread holds the cluster's totals and serves the endpoint. The work blocks no event
 * loop of the application.
 */

const data = workerData as ThreadData & Restarts
const { settings, restarts } = data
let isEnding = false
const pushMetrics = data.push && new PushMetrics()
// Unix seconds, as the start times of OTel data. A new thread after a crash starts from the totals
// that the live workers report.
const epochSeconds = restarts === 0 ? data.startSeconds : Math.floor(Date.now() / 1_000)

const share =
  data.share &&
  new RedisShare({
    settings: data.share,
    own: { collect: () => exporter.shared(), snapshot: () => exporter.snapshot() },
    onNotice: (text) => post({ kind: 'notice', subject: 'redis', text }),
  })

const handOver: ThreadHandOver = new ThreadHandOver({
  data,
  isShared: Boolean(data.share ?? data.directory),
  exporter: () => exporter,
  endpoint: () => endpoint,
  post,
})

const exporter = new Exporter({
  settings,
  resync: (forkNumber) => post({ kind: 'resync', forkNumber }),
  onDeath: (death) => post({ kind: 'death', death }),
  onLostCounts: (lost) => post({ kind: 'lost counts', lost }),
  onHang,
  onMemoryRelease: (forkNumber) => post({ kind: 'memory released', forkNumber }),
  onReservedName: (name) => post({ kind: 'warning', text: reservedNameText(name) }),
  onNameClash: (name) => post({ kind: 'warning', text: nameClashText(name) }),
  onShed: (names) => post({ kind: 'warning', text: shedText(names) }),
  epochSeconds,
  push: pushMetrics,
  share,
  continued: (own) => handOver.page(own),
  oomCounterFile: oomCounterFile(),
  beat: () => beatOf(data.beat),
  own: data.own,
})

const directory = data.directory ? publishTo(data.directory) : linkTo(data.sidecar)

const pageServer = new PageServer({
  respond: (request) => endpoint.respond(request),
  onOpen: (address) => post({ kind: 'page server', address }),
  onFault: (part) => exporter.countFault(part),
})

parentPort?.on('message', (message: ToThread) => {
  try {
    receive(message)
  } catch {
    exporter.countFault(message.kind)
  }
})

const push =
  data.push &&
  pushMetrics &&
  startPush({
    settings: data.push,
    collect: () => exporter.collect(),
    metrics: pushMetrics,
    takenBefore: restarts === 0 ? undefined : epochSeconds,
    onNotice: (text) => post({ kind: 'notice', subject: 'push', text }),
    onWarning: (text) => post({ kind: 'warning', text }),
    onFault: () => exporter.countFault('push'),
  })

const givesWay = directory instanceof SidecarLink && directory.givesWay

const lastScrape = new LastScrape({
  refresh: () => endpoint.refresh(),
  onScraped: () => post({ kind: 'scraped' }),
})

const live =
  settings.isServed && settings.hasLivePage
    ? new Live({
        source: exporter.liveSource(settings.resource),
        isAlwaysSampled: true,
        onFault: () => exporter.countFault('live'),
      })
    : undefined

const endpoint = serveObservedEndpoint({
  ...settings.endpoint,
  isBound: settings.isServed && !givesWay && !handOver.holdsEndpoint,
  page: (format) => exporter.page(format),
  freshen: () => share?.freshen(),
  status: (connections, details) => exporter.status(connections, details),
  readiness: () => handOver.readiness(),
  live: live && liveContent(live, pageText),
  metrics: exporter.endpointMetrics,
  onDelivered: () => lastScrape.delivered(),
  onBound: (url) => post({ kind: 'bound', url }),
  onBindFailed: (error) =>
    post({ kind: 'bind failed', message: error.message, code: codeOf(error) }),
  onFiles: (status) =>
    post({ kind: 'notice', subject: 'files', text: describeFilesStatus(status) }),
})

const stopChecks = nodeClock.every(stateLimits.silenceCheckMs, () =>
  attempt('silence', () => exporter.checkSilence()),
)
if (directory instanceof SidecarLink) directory.setEndpoint(endpoint)

if (settings.takesStacks) {
  const channel = new BroadcastChannel(data.hangChannel)
  const attemptStack = (act: () => void): void => attempt('hang_stacks', act)
  channel.onmessage = (event) =>
    attemptStack(() => exporter.receiveHang(Reflect.get(event, 'data')))
  setInterval(() => attemptStack(() => exporter.lookForHangs()), hangStackLimits.pollMs)
}

lowerPriority(() => exporter.countFault('priority'))

function receive(message: ToThread): void {
  if (message.kind === 'report') exporter.report(message.forkNumber, message.text)
  else if (message.kind === 'event') exporter.apply(onTime(message))
  else if (message.kind === 'fault') exporter.countFault(message.part)
  else if (message.kind === 'memory') exporter.noteMemory(message.news)
  else if (message.kind === 'open page server') pageServer.open()
  else if (message.kind === 'await scrape') lastScrape.await()
  else if (message.kind === 'hand over') handOver.receive(message)
  else if (message.kind === 'forwarder') post({ kind: 'forwarder', status: share?.status() })
  else if (message.kind === 'view') post({ kind: 'view', view: view() })
  else end(message)
}

/** The control socket belongs to the user of this process, and so shows details. */
function view(): ControlView {
  return { status: exporter.status(0, 'shown'), routes: live?.routes() ?? null }
}

/** Messages wait for this thread, and repeat after a crash. A worker's age counts from its fork. */
function onTime({ event, happenedAt }: Extract<ToThread, { kind: 'event' }>): ClusterEvent {
  if (event.kind !== 'forked') return event
  return { ...event, agoMs: Math.max(0, monotonicNow() - happenedAt) }
}

function end(message: Extract<ToThread, { kind: 'end' }>): void {
  isEnding = true
  // The main thread waits for the last push. Its silence is no hang.
  stopChecks()
  shutDown({ ...message, exporter, push, share, directory, handOver, warn: log.warn }).catch(() =>
    exporter.countFault('end'),
  )
}

function publishTo(settings: DirectorySettings): DirectoryPublisher {
  return new DirectoryPublisher({
    ...settings,
    collect: () => exporter.shared(),
    onNotice: (text) => post({ kind: 'notice', subject: 'shared_directory', text }),
    onFault: () => exporter.countFault('shared_directory'),
  })
}

function linkTo(found: DirectorySettings | undefined): SidecarLink | undefined {
  const { address } = settings.endpoint
  return (
    found &&
    new SidecarLink({
      directory: found.directory,
      port:
        settings.isServed && address.kind === 'tcp' && address.port > 0 ? address.port : undefined,
      sharesByRedis: share !== undefined,
      publish: () => {
        post({ kind: 'sidecar found' })
        return publishTo(found)
      },
      onNotice: (text) => post({ kind: 'notice', subject: 'sidecar', text }),
    })
  )
}

function attempt(component: string, act: () => void): void {
  try {
    act()
  } catch {
    exporter.countFault(component)
  }
}

/** The main thread logs for its workers. While the main thread hangs, it logs nothing. */
function onHang(hung: HungProcess): void {
  if (hung.workerId !== null) {
    post({ kind: 'hang', hung })
    return
  }
  setLogLevel(parseLogLevel(settings.log.logLevel) ?? 'warn')
  setLogFormat(settings.log.logFormat)
  logHang(hung)
}

function post(message: FromThread): void {
  // A main thread in its `'exit'` event reads no messages: this thread logs a failed last write.
  if (isEnding && isFileNotice(message)) log.warn(message.text)
  else parentPort?.postMessage(message)
}
