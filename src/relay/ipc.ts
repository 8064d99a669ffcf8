import type { ChildProcess } from 'node:child_process'
import { limits } from '../limits.ts'
import type { Stop } from '../stop.ts'
import type { Carrier } from './reporter.ts'

/**
 * Envelope on the IPC channel of `node:cluster`. Node keeps messages whose `cmd` starts with `NODE_`
 * from the application's `'message'` handlers. The report inside is text, so that the primary's main
 * thread passes it on without parsing it.
 */
type Envelope =
  | { readonly cmd: typeof reportCommand; readonly text: string }
  | { readonly cmd: typeof resyncCommand }

const reportCommand = 'NODE_GUNICORN_REPORT'
const resyncCommand = 'NODE_GUNICORN_RESYNC'

/** Carries a worker's reports to its primary; `leave` takes a last report that the channel cannot. */
export function ipcCarrier(leave: (text: string) => void): Carrier {
  // As it is now: what the application may put in its place shall see the application's messages only.
  const post = process.send?.bind(process)
  let underWay = 0

  function send(text: string, done: (error?: unknown) => void): void {
    // A primary that takes nothing off the channel would have them pile up here.
    if (underWay >= limits.reportsUnderWay) {
      done(new Error('The channel is full.'))
      return
    }
    underWay += 1
    try {
      if (!post) throw new Error('There is no channel.')
      // A closed channel is told to the callback.
      post({ cmd: reportCommand, text } satisfies Envelope, undefined, undefined, (error) => {
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
      const fits = process.connected && underWay === 0 && text.length <= limits.lastReportChars
      if (fits) send(text, () => {})
      else leave(text)
      return fits ? 'sent' : 'left'
    },
  }
}

/** In a worker: calls back when the primary asks for everything again. */
export function onResync(act: () => void): Stop {
  // Unlike a 'message' listener, this one does not keep the process alive.
  const events: NodeJS.EventEmitter = process
  const listener = (message: unknown): void => {
    if (isEnvelope(message, resyncCommand)) act()
  }
  events.on('internalMessage', listener)
  return () => events.off('internalMessage', listener)
}

/** In the primary: takes a worker's reports off the channel. */
export function onReport(child: ChildProcess, act: (text: unknown) => void): Stop {
  const listener = (message: unknown): void => {
    if (isEnvelope(message, reportCommand)) act((message as { text?: unknown }).text)
  }
  child.on('internalMessage', listener)
  return () => child.off('internalMessage', listener)
}

/** In the primary: asks a worker for everything. A dead one is left alone: an unhandled send to it kills us. */
export function requestResync(child: ChildProcess): void {
  if (child.connected) child.send({ cmd: resyncCommand } satisfies Envelope, () => {})
}

/** An application may send anything over the channel, null included. */
function isEnvelope(message: unknown, command: Envelope['cmd']): boolean {
  return (
    typeof message === 'object' && message !== null && 'cmd' in message && message.cmd === command
  )
}
