import { once } from 'node:events'
import { connect } from 'node:net'
import { answer } from './answer.mjs'

/*
 * The load generator: keep-alive connections with one request in flight on each, in a process of
 * its own. The generator counts bytes and parses nothing: all responses of a measured server have
 * the same length.
 */

const burstWithinMs = 50_000
const sockets = new Map()

answer({ ready: () => true, open, burst, close })

/**
 * Opens connections to a port of 127.0.0.1, for requests with one path. The connections stay open
 * until `close`.
 */
async function open({ port, connections, path = '/' }) {
  const opened = Array.from({ length: connections }, () =>
    connect({ port, host: '127.0.0.1', noDelay: true }),
  )
  const request = `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`
  sockets.set(port, { opened, request })
  await Promise.all(opened.map((socket) => once(socket, 'connect')))
}

function close({ port }) {
  for (const socket of sockets.get(port)?.opened ?? []) socket.destroy()
  sockets.delete(port)
}

/** Sends requests over the open connections. Resolves when all responses have arrived. */
async function burst({ port, requests }) {
  let left = requests
  const take = () => {
    left -= 1
    return left >= 0
  }
  const { opened, request } = sockets.get(port)
  await Promise.all(opened.map((socket) => drive(socket, request, take)))
}

function drive(socket, request, take) {
  return new Promise((resolve, reject) => {
    let missing = 0
    const leave = (outcome, error) => {
      socket.removeAllListeners()
      socket.setTimeout(0)
      outcome(error)
    }
    const next = () => {
      if (!take()) return leave(resolve)
      missing = socket.responseLength ?? 0
      socket.write(request)
    }
    socket.setTimeout(burstWithinMs, () => leave(reject, new Error('The server fell silent.')))
    socket.on('error', (error) => leave(reject, error))
    socket.on('close', () => leave(reject, new Error('The server closed a connection.')))
    socket.on('data', (data) => {
      socket.responseLength ??= firstLength(data)
      missing = (missing || socket.responseLength) - data.length
      if (missing === 0) next()
      else if (missing < 0) leave(reject, new Error('A response is longer than the first.'))
    })
    next()
  })
}

function firstLength(data) {
  if (/^HTTP\/1\.1 200 [\s\S]*\r\n\r\nhello$/.test(data.toString('latin1'))) return data.length
  throw new Error('Not the answer of a measured server.')
}
