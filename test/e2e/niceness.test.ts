import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { platform } from 'node:os'
import { test } from 'node:test'
import { eventually, startApp } from '../support/app.ts'
import { get } from '../support/load.ts'

const notLinux = platform() !== 'linux' && 'Only Linux has niceness by thread.'

for (const host of ['127.0.0.1', 'localhost']) {
  test(`the exporter's thread gives way, and it alone (${host})`, { skip: notLinux }, async () => {
    const env = { PROMETHEUS_BIND_ADDRESS: host }
    const [app, bare] = await Promise.all([
      startApp({ file: 'apps/pool.cjs', env }),
      startApp({ file: 'apps/pool.cjs', preload: 'none' }),
    ])
    try {
      const [port] = await Promise.all([app.ready(), bare.ready()])
      await eventually(() => app.page())
      // Threads that Node starts when they are first needed, after the endpoint's niceness is set.
      assert.equal((await get(port, '/')).status, 200)
      const usual = nicenessOf(bare.child.pid)
      const seen = nicenessOf(app.child.pid)
      const own = usual.get(bare.child.pid ?? 0)
      assert.equal(seen.get(app.child.pid ?? 0), own)
      assert.deepEqual([...new Set(usual.values())], [own])
      const others = [...seen.values()].filter((niceness) => niceness !== own)
      assert.deepEqual(others, [(own ?? 0) + 5])
      assert.ok(seen.size > 5, 'the pool was not started')
    } finally {
      await Promise.all([app.stop(), bare.stop()])
    }
  })
}

/** Niceness by thread, as the kernel has it. */
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
