import { parentPort, workerData } from 'node:worker_threads'
import { memoryEvents } from '../relay/oom-kills.ts'
import { DoorServer } from './door-server.ts'
import { serveEndpoint } from './endpoint.ts'
import { Exporter } from './exporter.ts'
import { noticeOf } from './gate.ts'
import { giveWay } from './niceness.ts'
import type { FromThread, ThreadData, ToThread } from './thread-message.ts'

/*
 * The exporter thread: ledger and endpoint, away from the event loop that accepts the application's
 * connections. Everything here may block for as long as it likes without a request noticing.
 */

const { settings, primaryPid } = workerData as ThreadData

const exporter = new Exporter({
  settings,
  primaryPid,
  resync: (age) => tell({ kind: 'resync', age }),
  onDeath: (death) => tell({ kind: 'death', death }),
  memoryEvents: memoryEvents(),
})

const door = new DoorServer({
  answerPage: (request) => endpoint.answerPage(request),
  onOpen: (opened) => tell({ kind: 'door', door: opened }),
  onFault: (part) => exporter.countFault(part),
})

parentPort?.on('message', (message: ToThread) => {
  try {
    receive(message)
  } catch {
    exporter.countFault(message.kind)
  }
})

const endpoint = serveEndpoint({
  ...settings.endpoint,
  page: (format) => exporter.page(format),
  status: (connections) => exporter.status(connections),
  readiness: () => exporter.readiness(),
  onScrape: (status) => exporter.countScrape(status),
  onBound: (url) => {
    // Not before: the address may be a name, and Node's threads that look names up would inherit it.
    if (!giveWay()) exporter.countFault('priority')
    tell({ kind: 'bound', url })
  },
  onBindFailed: (error) => {
    exporter.countFault('bind')
    tell({ kind: 'bind failed', message: error.message })
  },
  onFiles: (news) => {
    if (news.kind === 'bad') exporter.countFault(news.part)
    tell({ kind: 'notice', text: noticeOf(news) })
  },
  onCertificate: (expiresAt) => exporter.noteCertificate(expiresAt),
  onDropped: (reason) => exporter.countDroppedConnection(reason),
})

function receive(message: ToThread): void {
  if (message.kind === 'report') exporter.report(message.age, message.text)
  else if (message.kind === 'event') exporter.apply(message.event)
  else if (message.kind === 'fault') exporter.countFault(message.part)
  else door.open()
}

function tell(message: FromThread): void {
  parentPort?.postMessage(message)
}
