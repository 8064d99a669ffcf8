import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkPrograms } from '../../support/real-programs/check-programs.ts'

/** The lines of an application of the fixtures. */
const slowPath = '/slow'

const socketFile = 'server.sock'

async function writePage(directory: string): Promise<void> {
  await mkdir(directory)
  await writeFile(join(directory, 'index.html'), '<p>page</p>\n')
}

checkPrograms('A real program ends under `run` as in plain Node.js', [
  {
    program: "Express's documented handler",
    packages: { express: '5.3.0' },
    app: 'express.cjs',
    slowPath,
    hooks: [/hook: SIGTERM signal received\n/, /hook: HTTP server closed \n/],
  },
  {
    program: '@godaddy/terminus',
    packages: { '@godaddy/terminus': '4.12.1' },
    app: 'terminus.cjs',
    slowPath,
    hooks: [/hook: onSignal\n/, /hook: onShutdown\n/],
  },
  {
    program: 'http-terminator',
    packages: { 'http-terminator': '3.2.0' },
    app: 'http-terminator.cjs',
    slowPath,
    hooks: [/hook: terminated\n/],
  },
  {
    program: 'lightship',
    packages: { lightship: '9.0.4' },
    app: 'lightship.mjs',
    slowPath,
    hooks: [/hook: shutdown handler\n/],
  },
  {
    program: 'Fastify with close()',
    packages: { fastify: '5.12.8' },
    app: 'fastify.cjs',
    slowPath,
    hooks: [/hook: preClose\n/, /hook: onClose\n/, /hook: closed\n/],
  },
  {
    program: 'Fastify with close-with-grace',
    packages: { 'close-with-grace': '2.5.0', fastify: '5.12.8' },
    app: 'close-with-grace.cjs',
    slowPath,
    hooks: [/hook: SIGTERM\n/, /hook: onClose\n/],
  },
  {
    program: 'serve',
    packages: { serve: '14.2.7' },
    app: 'node_modules/serve/build/main.js',
    // `serve` answers 404 where a file disappears while `serve` lists the directory.
    // The socket disappears at the end: `serve` serves a directory without the socket.
    prepare: ({ directory }) => writePage(join(directory, 'public')),
    // With a port in use, serve takes another port: a reload needs a socket with a path.
    args: ({ directory }) => ['--listen', `unix:${directory}/${socketFile}`, 'public'],
    socketFile,
    hooks: [/Gracefully shutting down/],
  },
  {
    program: 'OpenTelemetry, auto-instrumentations-node/register',
    packages: {
      '@opentelemetry/auto-instrumentations-node': '0.81.2',
      '@opentelemetry/api': '1.9.1',
    },
    app: 'otel-register.cjs',
    slowPath,
    hooks: [/hook: closed \n/],
  },
  {
    program: 'signal-exit',
    packages: { 'signal-exit': '4.1.0' },
    app: 'signal-exit.cjs',
    slowPath,
    hooks: [/hook: null SIGTERM\n/],
  },
  {
    program: 'Apollo Server',
    packages: { '@apollo/server': '5.5.1', graphql: '16.11.0' },
    app: 'apollo.cjs',
    path: '/?query={fast}',
    slowPath: '/?query={slow}',
    headers: { 'apollo-require-preflight': 'true' },
    hooks: [/hook: drainServer\n/, /hook: serverWillStop\n/],
  },
  {
    program: 'Socket.IO',
    packages: { 'socket.io': '4.8.4' },
    app: 'socket-io.cjs',
    slowPath,
    socketPath: '/socket.io/?EIO=4&transport=websocket',
    hooks: [/hook: SIGTERM\n/, /hook: closed\n/],
  },
  {
    program: 'ws',
    packages: { ws: '8.23.0' },
    app: 'ws.cjs',
    slowPath,
    socketPath: '/',
    hooks: [/hook: SIGTERM\n/, /hook: closed \n/],
  },
  {
    program: 'HTTP/2 without TLS',
    packages: {},
    app: 'h2c.cjs',
    protocol: 'h2c',
    hooks: [/hook: closed \n/],
  },
])
