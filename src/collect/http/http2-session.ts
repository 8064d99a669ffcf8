import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import {
  addUncounted,
  beforeListener,
  replaceLate,
} from '../../support/listeners/uncounted-listener.ts'
import type { Stop } from '../../support/stop.ts'

export interface SessionListener {
  /** Called before Node's own listener, which runs the application's handler. Must not throw. */
  readonly onStream: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void
  /** Called when the session closes. Must not throw. */
  readonly onEnd: () => void
}

/** Follows the streams of a session of HTTP/2. Node reads the session for each stream. */
export function observeSession(
  session: ServerHttp2Session,
  { onStream, onEnd }: SessionListener,
): Stop {
  const onListener = (event: string | symbol): void => {
    try {
      beforeListener(session, event)
    } catch {
      // Node warns one listener too early.
    }
  }
  replaceLate(session)
  addUncounted(session, onListener, () => session.on('newListener', onListener))
  addUncounted(session, onStream, () => session.prependListener('stream', onStream))
  addUncounted(session, onEnd, () => session.on('close', onEnd))
  return () => {
    session.off('newListener', onListener)
    session.off('stream', onStream)
    session.off('close', onEnd)
  }
}
