import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { countLines, type Master } from '../../support/programs/master.ts'
import { underLoad } from '../../support/programs/steady-load.ts'
import { withWrittenProgram } from '../../support/programs/written-program.ts'
import { sum } from '../../support/prometheus/page.ts'

const served = `require('node:http')
  .createServer((request, response) => {
    if (request.url === '/grow') globalThis.kept = Buffer.alloc(300 * 2 ** 20, 1)
    response.end(String(process.pid))
  })
  .listen(Number(process.env.PORT), '127.0.0.1')
`

function booted({ stderr }: Master): number {
  return countLines(stderr(), 'Booting worker with pid')
}

test('Workers that die just after they listened are replaced with a pause', async () => {
  const dies = `${served}.on('listening', () => setTimeout(() => process.exit(1), 20))`
  await withWrittenProgram({ text: dies, options: ['-w', '4'] }, async ({ master }) => {
    // Without a pause, a fork follows each end at once, and a worker always lives.
    const quiet = 5
    for (let seen = 0; seen < quiet; seen += 1) {
      const before = booted(master)
      await eventually(() => assert.ok(booted(master) > before))
      await eventually(() => assert.deepEqual(master.workers(), []))
    }
    // Short lives are no failed boots: the master does not give up.
    assert.doesNotMatch(master.stderr(), /Giving up/)
    const line =
      'Workers end before they serve, or soon after. ' +
      'Pauses between forks grow up to 10 s, or to 1 s while no worker serves'
    await eventually(() => assert.equal(countLines(master.stderr(), line), 1))
    assert.equal(master.child.exitCode, null)
  })
})

test('Pauses stay short while each second worker dies before it listens', async () => {
  const counter = "require('node:cluster').worker.id"
  const dies = `if (${counter} % 2) process.exit(1)
${served}.on('listening', () => setTimeout(() => process.exit(1), 20))`
  // Pauses of up to 10 seconds would take more than a minute.
  const forks = 16
  await withWrittenProgram({ text: dies, options: ['-w', '1'] }, async ({ master }) => {
    await eventually(() => assert.ok(booted(master) >= forks), 55_000)
    assert.equal(master.child.exitCode, null)
  })
})

for (const timeout of ['30', '0']) {
  test(`A worker above the memory limit is replaced at timeout ${timeout}`, async (context) => {
    const options = ['-w', '2', '--max-memory', '250M', '--timeout', timeout]
    await withWrittenProgram({ text: served, options }, async ({ master }) => {
      const old = await master.serving(2)
      const { failures } = await underLoad({ port: master.port, connections: 4 }, async () => {
        const { body } = await get(master.port, '/grow')
        await eventually(() => assert.ok(!master.workers().includes(Number(body))))
        await master.serving(2)
        assert.equal(old.filter((pid) => master.workers().includes(pid)).length, 1)
      })
      assert.deepEqual(failures, [])
      await eventually(async () => {
        const page = await master.page()
        assert.equal(sum(page, 'gunicorn_worker_restart_total', { reason: 'max_memory' }), 1)
      })
      assert.equal(booted(master), 3)
      await tellsOnce(context, master)
    })
  })
}

async function tellsOnce(context: TestContext, { stderr }: Master): Promise<void> {
  const ends = stderr().match(/ended with code 0 \(max_memory\)/g)
  context.diagnostic(`${ends?.length} line`)
  assert.equal(ends?.length, 1)
  assert.equal(stderr().match(/MiB of resident memory; allowed are 250 MiB/g)?.length, 1)
}

test('TERM with a drain delay goes on accepting while /readyz says not ready', async () => {
  await withWrittenProgram(
    { text: served, options: ['-w', '2', '--drain-delay', '5'] },
    async ({ master }) => {
      await master.serving(2)
      const metrics = /The metrics are at (http:\S+)\/metrics/.exec(master.stderr())?.[1] ?? ''
      assert.equal((await fetch(`${metrics}/readyz`)).status, 200)
      master.signal('SIGTERM')
      await eventually(async () => {
        const readiness = await fetch(`${metrics}/readyz`)
        assert.equal(readiness.status, 503)
        assert.match(await readiness.text(), /The master ends soon\./)
      })
      assert.equal((await get(master.port, '/')).status, 200)
      assert.deepEqual(await master.ended, { code: 0, signal: null })
      assert.equal(booted(master), 2)
    },
  )
})

test('A worker that still boots at TERM ends without an error, beside a busy worker', async () => {
  // The second worker stops the master, and listens before the master retires the worker.
  const slow = `const { existsSync, writeFileSync } = require('node:fs')
    if (existsSync(__filename + '.old')) process.kill(process.ppid, 'SIGTERM')
    writeFileSync(__filename + '.old', '')
    const end = Date.now() + 30
    while (Date.now() < end);
    ${served.replace('response.end', "setTimeout((text) => response.end(text), 3_000, ''); void ")}`
  await withWrittenProgram({ text: slow, options: ['-w', '1'] }, async ({ master }) => {
    await master.serving(1)
    const answer = get(master.port, '/')
    master.signal('SIGHUP')
    assert.equal((await answer).status, 200)
    assert.deepEqual(await master.ended, { code: 0, signal: null })
    assert.doesNotMatch(master.stderr(), /EADDRINUSE|forced/)
  })
})
