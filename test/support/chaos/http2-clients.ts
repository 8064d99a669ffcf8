import { once } from 'node:events'
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2'
import { setTimeout as sleep } from 'node:timers/promises'
import { patienceMs, pauseMs } from './http1-clients.ts'
import type { Attempt, Tally } from './tally.ts'

/** A session, and the worker that has answered on the session. */
interface Session {
  readonly session: ClientHttp2Session
  pid: number | undefined
}

const paths = ['/', '/slow', '/download']

/** Sends requests at once over one session after the other, until the tally stops. */
export async function http2Lane(tally: Tally, client: string, url: string): Promise<void> {
  let current: Session | undefined
  const open = (): Session => {
    if (current && !current.session.closed && !current.session.destroyed) return current
    // The test's certificate has no known authority.
    const session = connect(url, { rejectUnauthorized: false })
    // The stream's error fails the request.
    session.on('error', () => {})
    current = { session, pid: undefined }
    return current
  }
  await Promise.all(
    paths.map(async (path) => {
      while (tally.isOn) {
        await tally.count(`${client} ${path}`, (attempt) => send(open(), path, attempt))
        await sleep(pauseMs)
      }
    }),
  )
  current?.session.destroy()
}

async function send(known: Session, path: string, attempt: Attempt): Promise<void> {
  const { session } = known
  if (known.pid !== undefined) attempt.pid = known.pid
  const stream = session.request({ ':path': path })
  stream.setTimeout(patienceMs, () => stream.destroy(new Error(`no answer in ${patienceMs} ms`)))
  stream.once('response', (headers) => {
    known.pid = Number(headers['x-pid'])
    attempt.pid = known.pid
  })
  const { localPort } = session.socket ?? {}
  if (localPort !== undefined) attempt.localPort = localPort
  await complete(stream)
}

/** A session can end without an error of its streams. */
async function complete(stream: ClientHttp2Stream): Promise<void> {
  let status: number | undefined
  let hasEnded = false
  stream.once('response', (headers) => {
    status = headers[':status']
  })
  stream.once('end', () => {
    hasEnded = true
  })
  // The first error fails the request.
  stream.on('error', () => {})
  stream.resume()
  await once(stream, 'close')
  if (status === 200 && hasEnded && stream.rstCode === 0) return
  throw new Error(`status ${status}, the stream closed with ${stream.rstCode}`)
}
