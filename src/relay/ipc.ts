import type { ChildProcess } from 'node:child_process'
import type { EventEmitter } from 'node:events'
import { relayLimits } from '../limits/relay.ts'
import type { ReportStream } from '../model/report-stream.ts'
import { type Envelope, isEnvelope } from '../support/envelope.ts'
import { guardedListener } from '../support/listeners/guarded-listener.ts'
import type { Stop } from '../support/stop.ts'
import { type PageServerAddress, parsePageServerAddress } from './page-server-address.ts'
import type { Transport } from './reporter.ts'

/**
 * The text of a report is inside the envelope as a string. The main thread of the primary passes
 * the string on without parsing it.
 */
const reportCommands = { preload: 'NODE_GUNICORN_REPORT', sdk: 'NODE_GUNICORN_SDK_REPORT' } as const
const resyncCommands = { preload: 'NODE_GUNICORN_RESYNC', sdk: 'NODE_GUNICORN_SDK_RESYNC' } as const
const pageServerQuestionCommand = 'NODE_GUNICORN_ASK_PAGE_SERVER'
const pageServerCommand = 'NODE_GUNICORN_PAGE_SERVER'

/** The worker's end of the channel: `process`. */
export interface SendingChannel {
  readonly connected: boolean
  send?(
    envelope: Envelope,
    sendHandle: undefined,
    options: undefined,
    done: (error: Error | null) => void,
  ): boolean
}

const ownChannel: SendingChannel & EventEmitter = process

/**
 * Carries the reports of a worker to the primary.
 * @param leave writes a complete last report to a file.
 */
export function ipcTransport(
  leave: NonNullable<Transport['leave']>,
  stream: ReportStream = 'preload',
  channel: SendingChannel = ownChannel,
): Transport {
  const cmd = reportCommands[stream]
  // Taken now: an application may replace `process.send` later, and does not see our messages.
  const post = channel.send?.bind(channel)
  let inFlight = 0

  function send(text: string, done: (error?: unknown) => void): void {
    // Without this limit, reports would pile up in memory while the primary reads nothing.
    if (inFlight >= relayLimits.reportsInFlight) {
      done(new Error(`${inFlight} reports are unsent, the most that the channel may hold.`))
      return
    }
    inFlight += 1
    try {
      if (!post) throw new Error('This process has no IPC channel.')
      // Node passes the error of a closed channel to the callback.
      post({ cmd, text }, undefined, undefined, (error) => {
        inFlight -= 1
        done(error ?? undefined)
      })
    } catch (error) {
      inFlight -= 1
      done(error)
    }
  }

  return {
    send,
    sendLast(text) {
      const isFree = post !== undefined && channel.connected && inFlight === 0
      const fits = isFree && text.length <= relayLimits.lastReportChars
      if (fits) send(text, () => {})
      return fits
    },
    leave,
  }
}

/** Messages from the primary to a worker. */
export interface FromPrimary {
  /** The primary needs all values again. */
  readonly onResync: () => void
  readonly onPageServer?: (address: PageServerAddress) => void
  readonly onFault?: (component: string) => void
}

/** In a worker: listens to the primary. */
export function listenToPrimary(
  { onResync, onPageServer, onFault = () => {} }: FromPrimary,
  stream: ReportStream = 'preload',
  channel: EventEmitter = ownChannel,
): Stop {
  const listener = (message: unknown): void => {
    if (isEnvelope(message, resyncCommands[stream])) onResync()
    if (!onPageServer || !isEnvelope(message, pageServerCommand)) return
    const address = parsePageServerAddress(message['address'])
    if (address) onPageServer(address)
  }
  // Unlike a listener of 'message', the listener does not keep the process alive.
  return guardedListener(onFault)(channel, 'internalMessage', listener)
}

/**
 * In a worker: returns a function that asks the primary for the address of the page server. The
 * answer comes to `onPageServer`. A primary without a page server does not answer.
 */
export function pageServerQuestion(channel: SendingChannel = ownChannel): () => void {
  // Taken now, for the same reason as in `ipcTransport`.
  const post = channel.send?.bind(channel)
  let isInFlight = false
  return () => {
    // Without this check, questions would pile up in memory while the primary reads nothing.
    if (isInFlight || !post || !channel.connected) return
    isInFlight = true
    const done = (): void => {
      isInFlight = false
    }
    try {
      post({ cmd: pageServerQuestionCommand }, undefined, undefined, done)
    } catch {
      done()
    }
  }
}

/** Messages from a worker to the primary. */
export interface FromWorker {
  readonly onReport: (text: unknown) => void
  readonly onPageServerQuestion?: () => void
  readonly onFault?: (component: string) => void
}

/** In the primary: listens to a worker. */
export function listenToWorker(
  child: ChildProcess,
  { onReport, onPageServerQuestion, onFault = () => {} }: FromWorker,
  stream: ReportStream = 'preload',
): Stop {
  const listener = (message: unknown): void => {
    if (isEnvelope(message, reportCommands[stream])) onReport(message['text'])
    if (isEnvelope(message, pageServerQuestionCommand)) onPageServerQuestion?.()
  }
  return guardedListener(onFault)(child, 'internalMessage', listener)
}

/** In the primary: asks a worker for all values. */
export function requestResync(child: ChildProcess, stream: ReportStream = 'preload'): void {
  send(child, { cmd: resyncCommands[stream] })
}

/** In the primary: answers the question of a worker. */
export function sendPageServer(child: ChildProcess, address: PageServerAddress): void {
  send(child, { cmd: pageServerCommand, address })
}

/** Without the check and the callback, a send to a dead worker would end the primary. */
function send(child: ChildProcess, envelope: Envelope): void {
  if (child.connected) child.send(envelope, () => {})
}
