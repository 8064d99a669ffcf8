import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { answer } from './answer.mjs'

/*
 * The load generator, in a process of its own. One request is in flight on each connection, or on
 * each stream of HTTP/2. The generator counts bytes and parses nothing but the first response: all
 * responses of a measured server have the same length.
 */

const burstWithinMs = 50_000
const streamsPerSession = 8
const servers = new Map()

answer({ ready: () => true, open, burst, close })

/**
 * Opens connections to a port of 127.0.0.1, for requests of the given paths in turn. They stay
 * open until `close`.
 *
 * @param options.kind `keep-alive`; `fresh`: each request has a connection of its own; `http2`
 */
async function open({ port, connections, paths = ['/'], kind = 'keep-alive' }) {
  const requests = paths.map((path) => requestText(path, kind))
  let next = -1
  const request = () => {
    next = (next + 1) % requests.length
    return requests[next]
  }
  const opened = await openers[kind]({ port, connections })
  servers.set(port, { port, connections, opened, request, kind, length: undefined })
}

function requestText(path, kind) {
  const close = kind === 'fresh' ? 'Connection: close\r\n' : ''
  return kind === 'http2' ? path : `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${close}\r\n`
}

const openers = {
  'keep-alive': ({ port, connections }) =>
    Promise.all(Array.from({ length: connections }, () => connected(port))),
  fresh: () => [],
  http2: ({ port, connections }) =>
    Promise.all(
      Array.from({ length: Math.ceil(connections / streamsPerSession) }, () => session(port)),
    ),
}

async function connected(port) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  return socket
}

async function session(port) {
  const opened = connectHttp2(`http://127.0.0.1:${port}`)
  await once(opened, 'connect')
  return opened
}

function close({ port }) {
  for (const each of servers.get(port)?.opened ?? []) each.destroy()
  servers.delete(port)
}

/**
 * Sends requests over the first of the open connections. Default: over all of them. Resolves when
 * all responses have arrived.
 */
async function burst({ port, requests, connections }) {
  let left = requests
  const take = () => {
    left -= 1
    return left >= 0
  }
  const server = servers.get(port)
  const used = connections ?? server.connections
  const lanes = Array.from({ length: used }, (_, lane) => drivers[server.kind](server, lane))
  await Promise.all(lanes.map((drive) => drive(take)))
}

const drivers = {
  'keep-alive': (server, lane) => (take) => driveSocket(server, server.opened[lane], take),
  fresh: (server) => async (take) => {
    while (take()) await askOnce(server)
  },
  http2: (server, lane) => async (take) => {
    const { opened, request } = server
    while (take()) await askStream(opened[lane % opened.length], request())
  },
}

function driveSocket(server, socket, take) {
  return new Promise((resolve, reject) => {
    let missing = 0
    const leave = (outcome, error) => {
      socket.removeAllListeners()
      socket.setTimeout(0)
      outcome(error)
    }
    const next = () => {
      if (!take()) return leave(resolve)
      missing = server.length ?? 0
      socket.write(server.request())
    }
    socket.setTimeout(burstWithinMs, () => leave(reject, new Error('The server fell silent.')))
    socket.on('error', (error) => leave(reject, error))
    socket.on('close', () => leave(reject, new Error('The server closed a connection.')))
    socket.on('data', (data) => {
      server.length ??= lengthOf(data)
      missing = (missing || server.length) - data.length
      if (missing === 0) next()
      else if (missing < 0) leave(reject, new Error('A response is longer than the first.'))
    })
    next()
  })
}

/** The length of a response whose head declares the length of its body. */
function lengthOf(data) {
  const text = data.toString('latin1')
  const head = text.slice(0, text.indexOf('\r\n\r\n') + 4)
  const body = Number(/^content-length: (\d+)\r$/im.exec(head)?.[1])
  if (/^HTTP\/1\.1 (?:200|500) /.test(head) && body > 0) return head.length + body
  throw new Error('Not the answer of a measured server.')
}

function askOnce({ port, request }) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => {
      socket.write(request())
    })
    let text = ''
    socket.setEncoding('latin1')
    socket.setTimeout(burstWithinMs, () => socket.destroy(new Error('The server fell silent.')))
    socket.on('error', reject)
    socket.on('data', (data) => {
      text += data
    })
    socket.on('end', () => {
      socket.end()
      if (text.endsWith('hello')) resolve()
      else reject(new Error('Not the answer of a measured server.'))
    })
  })
}

function askStream(session, path) {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':path': path })
    let bytes = 0
    stream.setTimeout(burstWithinMs, () => stream.destroy(new Error('The server fell silent.')))
    stream.on('error', reject)
    stream.on('data', (data) => {
      bytes += data.length
    })
    stream.on('end', () => {
      if (bytes > 0) resolve()
      else reject(new Error('Not the answer of a measured server.'))
    })
    stream.end()
  })
}
