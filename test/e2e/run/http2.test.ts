import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { authorities, scratchDirectory } from '../../support/endpoint/certificates.ts'
import { eventually } from '../../support/programs/app.ts'
import { http2Load } from '../../support/programs/http2-load.ts'
import { countLines, withMaster } from '../../support/programs/master.ts'

const workers = 2
const sessions = 10
const reloads = 4
/** Requests between two signals. */
const requests = 1_000

interface Service {
  readonly protocol: 'http' | 'https'
  readonly env: Readonly<Record<string, string>>
}

async function assertReloads(context: TestContext, { protocol, env }: Service): Promise<void> {
  const options = ['-w', String(workers)]
  await withMaster({ file: 'run/http2.cjs', options, env }, async (master) => {
    await master.serving(workers)
    const load = http2Load(`${protocol}://127.0.0.1:${master.port}`, sessions)
    for (let reload = 1; reload <= reloads; reload += 1) {
      const old = master.workers()
      const before = load.completed()
      await eventually(() => assert.ok(load.completed() >= before + requests), 60_000)
      master.signal('SIGHUP')
      // Without GOAWAY, the sessions go on, and the old workers end at the graceful timeout.
      await eventually(() => assert.ok(old.every((pid) => !master.workers().includes(pid))), 20_000)
      await master.serving(workers)
    }
    const { completed, failures } = await load.stop()
    const figures = `${completed} requests, ${failures.length} failed, ${load.refused()} refused`
    context.diagnostic(`${reloads} signals, ${figures}`)
    assert.deepEqual(failures, [])
    assert.equal(load.refused(), 0)
    const killed = countLines(master.stderr(), 'Worker (pid:') - reloads * workers
    assert.equal(killed, 0, master.stderr())
  })
}

const directory = scratchDirectory()

for (const api of ['streams', 'compatibility']) {
  test(`HUP refuses no HTTP/2 stream, ${api}`, async (context) => {
    await assertReloads(context, { protocol: 'http', env: { API: api } })
  })

  test(`HUP refuses no HTTP/2 stream over TLS, ${api}`, async (context) => {
    const pair = authorities(context, directory)?.('authority').issue('server')
    if (!pair) return
    const env = { API: api, CERT: pair.certfile, KEY: pair.keyfile }
    await assertReloads(context, { protocol: 'https', env })
  })
}
