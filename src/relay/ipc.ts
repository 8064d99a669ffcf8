import type { ChildProcess } from 'node:child_process'
import { relayLimits } from '../limits/relay.ts'
import type { ReportStream } from '../model/report-stream.ts'
import type { Stop } from '../support/stop.ts'
import { type PageServerAddress, parsePageServerAddress } from './page-server-address.ts'
import type { Transport } from './reporter.ts'

/**
 * Envelope on the IPC channel of `node:cluster`. Node keeps messages whose `cmd` starts with `NODE_`
 * from the application's `'message'` handlers. The report inside is text, so that the primary's main
 * thread passes it on without parsing it.
 */
type Envelope =
  | { readonly cmd: (typeof reportCommands)[ReportStream]; readonly text: string }
  | { readonly cmd: (typeof resyncCommands)[ReportStream] }
  | { readonly cmd: typeof pageServerQuestionCommand }
  | { readonly cmd: typeof pageServerCommand; readonly address: PageServerAddress }
const reportCommands = { preload: 'NODE_GUNICORN_REPORT', sdk: 'NODE_GUNICORN_SDK_REPORT' } as const
const resyncCommands = { preload: 'NODE_GUNICORN_RESYNC', sdk: 'NODE_GUNICORN_SDK_RESYNC' } as const
const pageServerQuestionCommand = 'NODE_GUNICORN_ASK_PAGE_SERVER'
const pageServerCommand = 'NODE_GUNICORN_PAGE_SERVER'

/** Carries a worker's reports to its primary; `leave` takes a last report that the channel cannot. */
export function ipcTransport(
  leave: (text: string) => void,
  line: ReportStream = 'preload',
): Transport {
  const cmd = reportCommands[line]
  // As it is now: what the application may put in its place shall see the application's messages only.
  const post = process.send?.bind(process)
  let underWay = 0

  function send(text: string, done: (error?: unknown) => void): void {
    // A primary that takes nothing off the channel would have them pile up here.
    if (underWay >= relayLimits.reportsInFlight) {
      done(new Error('The channel is full.'))
      return
    }
    underWay += 1
    try {
      if (!post) throw new Error('There is no channel.')
      // A closed channel is told to the callback.
      post({ cmd, text } satisfies Envelope, undefined, undefined, (error) => {
        underWay -= 1
        done(error ?? undefined)
      })
    } catch (error) {
      underWay -= 1
      done(error)
    }
  }

  return {
    send,
    sendLast(text) {
      const fits = process.connected && underWay === 0 && text.length <= relayLimits.lastReportChars
      if (fits) send(text, () => {})
      else leave(text)
      return fits ? 'sent' : 'left'
    },
  }
}

/** What a worker hears of its primary. */
export interface FromPrimary {
  /** It shall say everything again. */
  readonly onResync: () => void
  readonly onPageServer?: (address: PageServerAddress) => void
}

/** In a worker: listens to the primary. */
export function listenToPrimary(
  { onResync, onPageServer }: FromPrimary,
  line: ReportStream = 'preload',
): Stop {
  // Unlike a 'message' listener, this one does not keep the process alive.
  const events: NodeJS.EventEmitter = process
  const listener = (message: unknown): void => {
    if (isEnvelope(message, resyncCommands[line])) onResync()
    if (!onPageServer || !isEnvelope(message, pageServerCommand)) return
    const address = parsePageServerAddress((message as { address?: unknown }).address)
    if (address) onPageServer(address)
  }
  events.on('internalMessage', listener)
  return () => events.off('internalMessage', listener)
}

/** In a worker: how to ask the primary for the page server. The answer is heard, or there is none. */
export function pageServerQuestion(): () => void {
  // As it is now, see above.
  const post = process.send?.bind(process)
  let isUnderWay = false
  return () => {
    // A primary that takes nothing off the channel would have them pile up here.
    if (isUnderWay || !post || !process.connected) return
    isUnderWay = true
    const done = (): void => {
      isUnderWay = false
    }
    try {
      post({ cmd: pageServerQuestionCommand } satisfies Envelope, undefined, undefined, done)
    } catch {
      done()
    }
  }
}

/** What the primary hears of a worker. */
export interface FromWorker {
  readonly onReport: (text: unknown) => void
  readonly onPageServerQuestion?: () => void
}

/** In the primary: listens to a worker. */
export function listenToWorker(
  child: ChildProcess,
  { onReport, onPageServerQuestion }: FromWorker,
  line: ReportStream = 'preload',
): Stop {
  const listener = (message: unknown): void => {
    if (isEnvelope(message, reportCommands[line])) onReport((message as { text?: unknown }).text)
    if (onPageServerQuestion && isEnvelope(message, pageServerQuestionCommand))
      onPageServerQuestion()
  }
  child.on('internalMessage', listener)
  return () => child.off('internalMessage', listener)
}

/** In the primary: asks a worker for everything. */
export function requestResync(child: ChildProcess, line: ReportStream = 'preload'): void {
  send(child, { cmd: resyncCommands[line] })
}

/** In the primary: answers a worker's question. */
export function sendPageServer(child: ChildProcess, address: PageServerAddress): void {
  send(child, { cmd: pageServerCommand, address })
}

/** A dead one is left alone: an unhandled send to it kills us. */
function send(child: ChildProcess, envelope: Envelope): void {
  if (child.connected) child.send(envelope, () => {})
}

/**
 * In the primary, in its last moments: closes a worker's channel at once, as its end would a moment later.
 * The worker then ends as if this process had, and leaves its last report in a file. `child.disconnect()`
 * closes in a later tick, which no longer comes, and tells the application's listeners.
 * @returns whether there was an open one.
 */
export function closeChannel(child: ChildProcess): boolean {
  const handle = child.connected ? channelHandle(child) : undefined
  if (typeof handle?.close !== 'function') return false
  handle.close()
  return true
}

/** Nothing public leads there: Node 20 to 26 keep it under a symbol of this name. */
function channelHandle(child: ChildProcess): { readonly close?: () => void } | undefined {
  const key = Object.getOwnPropertySymbols(child).find(
    ({ description }) => description === 'kChannelHandle',
  )
  return key && (child as unknown as Record<symbol, { close?: () => void } | undefined>)[key]
}

/** An application may send anything over the channel, null included. */
function isEnvelope(message: unknown, command: Envelope['cmd']): boolean {
  return (
    typeof message === 'object' && message !== null && 'cmd' in message && message.cmd === command
  )
}
