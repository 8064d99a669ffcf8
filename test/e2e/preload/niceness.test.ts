import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getPriority, platform } from 'node:os'
import { test } from 'node:test'
import { eventually, startApp } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'

const skip = platform() !== 'linux' && 'Only Linux has niceness by thread.'

/** Of the kernel. The tests themselves can be nice. */
const nicest = 19

test('the exporter’s thread gives way, and it alone', { skip }, async () => {
  await assertNice({}, async () => {})
})

test('so it does where it is the first to look up a name', { skip }, async () => {
  const collector = createServer((request, response) => {
    request.resume().on('end', () => response.end())
  }).listen(0, 'localhost')
  await once(collector, 'listening')
  const asked = once(collector, 'request')
  const { port } = collector.address() as AddressInfo
  const env = {
    OTEL_METRICS_EXPORTER: 'prometheus,otlp',
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://localhost:${port}`,
    OTEL_METRIC_EXPORT_INTERVAL: '200',
  }
  try {
    await assertNice(env, async () => void (await asked))
  } finally {
    collector.close()
    collector.closeAllConnections()
  }
})

test('it gives way to an application that is nice itself', { skip }, async () => {
  const app = await startApp({ file: 'apps/single/pool.cjs', env: { NICENESS: '7' } })
  try {
    await app.ready()
    await eventually(async () => {
      await app.page()
      const seen = nicenessOf(app.child.pid)
      assert.equal(seen.get(app.child.pid ?? 0), 7)
      // Node's own are from before it became nice.
      assert.deepEqual(
        [...new Set(seen.values())].sort(byNumber),
        [getPriority(), 7, 12].sort(byNumber),
      )
    })
  } finally {
    await app.stop()
  }
})

function byNumber(left: number, right: number): number {
  return left - right
}

/** @param before what is waited for until the application first needs Node's pool of threads. */
async function assertNice(
  env: Readonly<Record<string, string>>,
  before: () => Promise<void>,
): Promise<void> {
  const [app, bare] = await Promise.all([
    startApp({ file: 'apps/single/pool.cjs', env }),
    startApp({ file: 'apps/single/pool.cjs', preload: 'none' }),
  ])
  try {
    const ports = await Promise.all([app.ready(), bare.ready()])
    await eventually(() => app.page())
    await before()
    for (const port of ports) assert.equal((await get(port, '/')).status, 200)
    await eventually(() => {
      const usual = nicenessOf(bare.child.pid)
      const seen = nicenessOf(app.child.pid)
      const own = usual.get(bare.child.pid ?? 0)
      assert.equal(seen.get(app.child.pid ?? 0), own)
      assert.deepEqual([...new Set(usual.values())], [own])
      const others = [...seen.values()].filter((niceness) => niceness !== own)
      assert.deepEqual(others, [Math.min(nicest, (own ?? 0) + 5)])
      assert.equal(seen.size, usual.size + 1)
    })
  } finally {
    await Promise.all([app.stop(), bare.stop()])
  }
}

/** The niceness of each thread, from the kernel. */
function nicenessOf(pid: number | undefined): Map<number, number> {
  const tasks = `/proc/${pid}/task`
  return new Map(
    readdirSync(tasks).map((task) => {
      const fields = readFileSync(`${tasks}/${task}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')
      // The 19th field; the first two are gone.
      return [Number(task), Number(fields[16])]
    }),
  )
}
