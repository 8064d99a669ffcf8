import { once } from 'node:events'
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Attempt, Tally } from './tally.ts'

export interface ClientPorts {
  readonly http1: number
  readonly h2c: number
  readonly h2: number
}

/** A request without a response within this time has failed. */
export const patienceMs = 30_000
/** Pause between two requests of a lane: the machine has other work too. */
export const pauseMs = 10

/** Workers by connection: an open connection keeps its worker. */
const workers = new WeakMap<Socket, number>()

/** Sends requests over one connection after the other, until the tally stops. */
export async function http1Lane(
  tally: Tally,
  { port, path, keepAlive }: { port: number; path: string; keepAlive: boolean },
): Promise<void> {
  const agent = new Agent({ keepAlive, maxSockets: 1 })
  const client = `HTTP/1 ${keepAlive ? 'keep-alive' : 'close'} ${path}`
  while (tally.isOn) {
    await tally.count(client, async (attempt) => {
      const message = start({ port, path, agent }, attempt)
      message.end()
      await ended(message, attempt)
    })
    await sleep(pauseMs)
  }
  agent.destroy()
}

/** Uploads slowly, until the tally stops. */
export async function uploadLane(tally: Tally, port: number): Promise<void> {
  const part = Buffer.alloc(8_192, 'x')
  const parts = 15
  while (tally.isOn) {
    await tally.count('HTTP/1 upload', async (attempt) => {
      const agent = new Agent()
      const message = start({ port, path: '/upload', agent, method: 'POST' }, attempt)
      const body = ended(message, attempt)
      // The upload stops with the first failure.
      const failed = body.catch(() => {})
      for (let sent = 0; sent < parts && !message.destroyed; sent += 1) {
        message.write(part)
        await sleep(100)
      }
      message.end()
      await failed
      const length = await body
      if (Number(length) !== part.length * parts) throw new Error(`${length} bytes arrived`)
    })
  }
}

/** Reads event streams until the server says goodbye. */
export async function eventsLane(tally: Tally, port: number): Promise<void> {
  while (tally.isOn) {
    await tally.count('event stream', async (attempt) => {
      const message = start({ port, path: '/events', agent: new Agent() }, attempt)
      message.end()
      const response = await responseOf(message, attempt)
      // A stream without an end must not hold the test. The tally is off, and counts no failure.
      const isOver = setInterval(() => tally.isOn || response.destroy(), 100)
      let text = ''
      try {
        for await (const data of response) text = (text + String(data)).slice(-20)
      } finally {
        clearInterval(isOver)
      }
      if (!text.endsWith(goodbye)) throw new Error('the stream ended without goodbye')
    })
  }
}

const goodbye = 'data: bye\n\n'

/** Keeps a WebSocket open until the server closes it with 1001. */
export async function webSocketLane(tally: Tally, port: number): Promise<void> {
  while (tally.isOn) {
    await tally.count('WebSocket', async (attempt) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/`)
      const closed = once(socket, 'close') as Promise<[{ readonly code: number }]>
      socket.onmessage = ({ data }) => {
        attempt.pid = Number(data)
      }
      socket.onerror = () => {}
      while (tally.isOn && socket.readyState <= WebSocket.OPEN) await sleep(20)
      const wasOpen = socket.readyState <= WebSocket.OPEN
      socket.close()
      const [{ code }] = await closed
      if (!wasOpen && code !== 1001) throw new Error(`the WebSocket closed with ${code}`)
    })
    await sleep(pauseMs)
  }
}

interface Target {
  readonly port: number
  readonly path: string
  readonly agent: Agent
  readonly method?: string
}

function start(target: Target, attempt: Attempt): ClientRequest {
  const message = request({ host: '127.0.0.1', timeout: patienceMs, ...target })
  // The connection can break after the response has begun: then the response fails.
  message.on('error', () => {})
  message.once('timeout', () => message.destroy(new Error(`no answer in ${patienceMs} ms`)))
  message.once('socket', (socket) => {
    const pid = workers.get(socket)
    if (pid !== undefined) attempt.pid = pid
    const note = (): void => {
      attempt.localPort = socket.localPort ?? 0
    }
    if (socket.connecting) socket.once('connect', note)
    else note()
  })
  return message
}

async function responseOf(message: ClientRequest, attempt: Attempt): Promise<IncomingMessage> {
  const [response] = (await once(message, 'response')) as [IncomingMessage]
  const pid = Number(response.headers['x-pid'])
  attempt.pid = pid
  if (message.socket) workers.set(message.socket, pid)
  if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`)
  return response
}

async function ended(message: ClientRequest, attempt: Attempt): Promise<string> {
  const response = await responseOf(message, attempt)
  let text = ''
  for await (const data of response) text = (text + String(data)).slice(-100)
  return text
}
