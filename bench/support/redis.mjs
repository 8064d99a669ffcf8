import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './subject.mjs'

const { Redis } = createRequire(import.meta.url)('ioredis')

/** Starts an empty Redis on a free port. `kill` ends the server, and `start` starts another. */
export async function startRedis() {
  const port = await freePort()
  const directory = mkdtempSync(join(tmpdir(), 'gunicorn-prometheus-exporter-bench-'))
  const flags = ['--port', port, '--bind', '127.0.0.1', '--dir', directory, '--save', '']
  const client = new Redis({ port, protocol: 2, retryStrategy: () => 100 })
  client.on('error', () => {})
  let child
  const start = async () => {
    child = spawn('redis-server', flags.map(String), { stdio: 'ignore' })
    await once(child, 'spawn')
    await client.ping()
  }
  const kill = async () => {
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  await start()
  return {
    port,
    client,
    start,
    kill,
    signal: (name) => child.kill(name),
    async stop() {
      client.disconnect()
      await kill()
      rmSync(directory, { recursive: true })
    },
  }
}
