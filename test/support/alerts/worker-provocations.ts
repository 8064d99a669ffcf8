import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { authorityIn } from '../endpoint/certificates.ts'
import { freePort } from '../programs/app.ts'
import { sendUnanswered } from '../programs/hang.ts'
import { get } from '../programs/load.ts'
import { select } from '../prometheus/page.ts'
import { limited, mebibyte, modest, type Provocation, started } from './stage.ts'

/** The slopes need most time, so they begin first. */
export const slopes: readonly Provocation[] = [
  {
    job: 'memory-slope',
    alerts: ['MemoryGrowsToLimit'],
    async run(stage) {
      const { port } = await started(stage, {
        env: { WORKERS: '1' },
        through: limited(stage, 1_000 * mebibyte),
      })
      await get(port, `/hold?bytes=${450 * mebibyte}`)
      stage.repeat(1_000, () => get(port, `/hold?bytes=${mebibyte}`))
    },
  },
  {
    job: 'heap-slope',
    alerts: ['HeapGrowsToLimit'],
    async run(stage) {
      const { port } = await started(stage, {
        file: 'apps/alerts/growing.cjs',
        nodeArgs: ['--max-old-space-size=768'],
      })
      for (let part = 0; part < 43; part += 1) await get(port, `/heap?bytes=${10 * mebibyte}`)
      stage.repeat(1_000, () => get(port, `/heap?bytes=${mebibyte}`))
    },
  },
]

export const workerProvocations: readonly Provocation[] = [
  {
    job: 'crashes',
    alerts: ['WorkerCrashes', 'WorkerCrashLoop', 'WorkerRestarts'],
    async run(stage) {
      const { app, port } = await started(stage, { env: { WORKERS: '3' } })
      stage.repeat(500, async () => {
        const state = 'listening'
        const [listening] = select(await app.page(), 'gunicorn_master_workers', { state })
        // The primary closes the port with the last worker.
        if ((listening?.value ?? 0) > 1) await get(port, '/exit?code=1')
      })
    },
  },
  {
    job: 'hangs',
    alerts: ['WorkerHangs', 'WorkerHanging'],
    async run(stage) {
      const { port } = await started(stage, { through: modest })
      sendUnanswered(port, '/hang')
    },
  },
  {
    job: 'primary',
    alerts: ['PrimaryHangs', 'CertificateExpires'],
    async run(stage) {
      // Valid for two days.
      const { certfile, keyfile } = authorityIn(stage.directory).issue('endpoint')
      const tls = { PROMETHEUS_SSL_CERTFILE: certfile, PROMETHEUS_SSL_KEYFILE: keyfile }
      const { app } = await started(stage, {
        env: { ...tls, BLOCK_MS: '600000' },
        scheme: 'https',
        through: modest,
      })
      await stage.fires('CertificateExpires')
      process.kill(app.child.pid ?? 0, 'SIGUSR2')
    },
  },
  {
    job: 'missing',
    alerts: ['WorkersMissing', 'FileDescriptorsNearLimit'],
    async run(stage) {
      const { port } = await started(stage, {
        env: { REFORK: 'no' },
        through: ['sh', '-c', 'ulimit -n 150; exec "$@"', 'sh'],
      })
      await get(port, '/exit?code=1')
      const sockets = Array.from({ length: 100 }, () => connect(port, '127.0.0.1'))
      for (const socket of sockets) {
        socket.on('error', () => {})
        stage.after(() => socket.destroy())
      }
    },
  },
  {
    job: 'large',
    alerts: ['HighMemoryUsage'],
    async run(stage) {
      const { port } = await started(stage, { env: { WORKERS: '1' } })
      await get(port, `/hold?bytes=${560 * mebibyte}`)
    },
  },
  {
    job: 'heap',
    alerts: ['WorkerHeapFull'],
    async run(stage) {
      const { port } = await started(stage, {
        file: 'apps/cluster/dying.cjs',
        nodeArgs: ['--max-old-space-size=128'],
      })
      await get(port, '/leak')
    },
  },
  {
    job: 'oom',
    alerts: ['WorkerOomKilled'],
    async run(stage) {
      const { port } = await started(stage, {
        file: 'apps/cluster/dying.cjs',
        env: { WORKERS: '2' },
        through: limited(stage, 600 * mebibyte),
      })
      await get(port, '/memory')
    },
  },
  {
    job: 'restarts',
    alerts: ['ProcessRestartLoop'],
    async run(stage) {
      const env = { PROMETHEUS_METRICS_PORT: `${await freePort()}` }
      stage.repeat(0, async () => {
        const { app } = await started(stage, { file: 'apps/alerts/growing.cjs', env })
        // Some scrapes, so that the counter of the next process begins below.
        await sleep(4_000)
        await app.stop()
      })
    },
  },
]
