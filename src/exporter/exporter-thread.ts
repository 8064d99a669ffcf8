import { parentPort, workerData } from 'node:worker_threads'
import { warningOf } from '../endpoint/auth.ts'
import { serveEndpoint } from '../endpoint/endpoint.ts'
import { PageServer } from '../mount/page-server.ts'
import { startPush } from '../push/push.ts'
import { PushMetrics } from '../push/push-metrics.ts'
import { DirectoryPublisher } from '../share/directory/directory-publisher.ts'
import { RedisShare } from '../share/redis-share.ts'
import { memoryEvents } from '../state/oom-kills.ts'
import { Exporter } from './exporter.ts'
import { shutDown } from './shutdown.ts'
import type { FromThread, Restarts, ThreadData, ToThread } from './thread-message.ts'
import { lowerPriority } from './thread-priority.ts'

/*
 * The exporter thread: ledger and endpoint, away from the event loop that accepts the application's
 * connections. Everything here may block for as long as it likes without a request noticing.
 */

const data = workerData as ThreadData & Restarts
const { settings, primaryPid, restarts } = data
const figures = data.push && new PushMetrics(Date.now())
// After a crash totals begin anew, at what the live workers say.
const epochSeconds = restarts === 0 ? data.startSeconds : Math.floor(Date.now() / 1_000)

const share =
  data.share &&
  new RedisShare({
    settings: data.share,
    own: { collect: () => exporter.metrics(), snapshot: () => exporter.snapshot() },
    onNotice: (text) => tell({ kind: 'notice', subject: 'redis', text }),
  })

const exporter = new Exporter({
  settings,
  primaryPid,
  resync: (forkNumber) => tell({ kind: 'resync', forkNumber: forkNumber }),
  onDeath: (death) => tell({ kind: 'death', death }),
  epochSeconds,
  push: figures,
  share,
  memoryEvents: memoryEvents(),
})

const directory =
  data.directory &&
  new DirectoryPublisher({
    ...data.directory,
    collect: () => exporter.metrics(),
    onNotice: (text) => tell({ kind: 'notice', subject: 'shared_directory', text }),
    onFault: () => exporter.countFault('shared_directory'),
  })

const pageServer = new PageServer({
  answerPage: (request) => endpoint.answerPage(request),
  onOpen: (opened) => tell({ kind: 'page server', address: opened }),
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
  figures &&
  startPush({
    settings: data.push,
    collect: () => exporter.collect(),
    figures,
    takenBefore: restarts === 0 ? undefined : epochSeconds,
    onNotice: (text) => tell({ kind: 'notice', subject: 'push', text }),
    onWarning: (text) => tell({ kind: 'warning', text }),
    onFault: () => exporter.countFault('push'),
  })

const endpoint = serveEndpoint({
  ...settings.endpoint,
  isBound: settings.isServed,
  page: (format) => exporter.page(format),
  status: (connections) => exporter.status(connections),
  readiness: () => exporter.readiness(),
  onScrape: (status) => exporter.countScrape(status),
  onBound: (url) => tell({ kind: 'bound', url }),
  onBindFailed: (error) => {
    exporter.countFault('bind')
    tell({ kind: 'bind failed', message: error.message })
  },
  onFiles: (news) => {
    if (news.kind === 'bad') exporter.countFault(news.part)
    tell({ kind: 'notice', subject: 'files', text: warningOf(news) })
  },
  onCertificate: (expiresAt) => exporter.noteCertificate(expiresAt),
  onDropped: (reason) => exporter.countDroppedConnection(reason),
})

lowerPriority(() => exporter.countFault('priority'))

function receive(message: ToThread): void {
  if (message.kind === 'report') exporter.report(message.forkNumber, message.text)
  else if (message.kind === 'event') exporter.apply(message.event)
  else if (message.kind === 'fault') exporter.countFault(message.part)
  else if (message.kind === 'open page server') pageServer.open()
  else if (message.kind === 'forwarder') tell({ kind: 'forwarder', status: share?.status() })
  else
    shutDown({ ...message, exporter, push, share, directory }).catch(() =>
      exporter.countFault('end'),
    )
}

function tell(message: FromThread): void {
  parentPort?.postMessage(message)
}
