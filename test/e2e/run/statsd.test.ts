import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { startGunicorn } from '../../support/programs/gunicorn.ts'
import { get } from '../../support/programs/load.ts'
import { withMaster } from '../../support/programs/master.ts'
import { statsdReceiver } from '../../support/programs/statsd-receiver.ts'
import { need, pythonWithGunicorn } from '../../support/tools.ts'

interface Line {
  readonly name: string
  readonly value: number
  /** Type, sampling rate and tags. */
  readonly rest: string
}

/** A real receiver of StatsD. */
async function receiver(context: TestContext): Promise<{ address: string; lines: () => Line[] }> {
  const { port, lines: texts } = await statsdReceiver(context)
  const lines = (): Line[] =>
    texts().map((text) => {
      const [, name = '', value = '', rest = ''] = /^([^:]+):([^|]+)\|(.*)$/.exec(text) ?? []
      return { name, value: Number(value), rest }
    })
  return { address: `127.0.0.1:${port}`, lines }
}

/** Names with type, sampling rate and tags, and the sums of counters. */
function summary(lines: readonly Line[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const { name, value, rest } of lines) {
    const key = `${name}|${rest}`
    if (rest.startsWith('c')) sums[key] = (sums[key] ?? 0) + value
    // A timer has a value for each request. A gauge has the last value.
    else sums[key] = rest.startsWith('ms') ? (sums[key] ?? 0) + 1 : value
  }
  return sums
}

const options = ['-w', '2', '--statsd-prefix', 'shop', '--dogstatsd-tags', 'env:test,a:b']
const paths = ['/', '/', '/a', '/status/404', '/status/500']

describe('StatsD of run', () => {
  test('has names, types, tags and sums of the real gunicorn', async (context) => {
    const python = need(context, pythonWithGunicorn())
    if (python === undefined) return
    const [theirs, ours] = [await receiver(context), await receiver(context)]
    const given = (address: string): string[] => [...options, '--statsd-host', address]
    const gunicorn = await startGunicorn(context, { python, options: given(theirs.address) })
    const file = 'run/answers.cjs'
    await withMaster({ file, options: given(ours.address) }, async (master) => {
      await master.serving(2)
      for (const path of paths) {
        await get(gunicorn.port, path)
        await get(master.port, path)
      }
      await eventually(() => {
        assert.equal(summary(ours.lines())['shop.gunicorn.workers|g|#env:test,a:b'], 2)
        assert.deepEqual(summary(ours.lines()), summary(theirs.lines()))
      })
      const times = ours.lines().filter(({ name }) => name.endsWith('duration'))
      assert.equal(times.length, paths.length)
      assert.ok(times.every(({ value }) => value > 0 && value < 60_000))
    })
  })

  test('counts the lines of the log by their level', async (context) => {
    const { address, lines } = await receiver(context)
    const master = { file: 'run/answers.cjs', options: ['--statsd-host', address] }
    await withMaster(master, async ({ serving, workers }) => {
      await serving(1)
      process.kill(workers()[0] ?? 0, 'SIGKILL')
      await eventually(() => assert.equal(summary(lines())['gunicorn.log.error|c|@1.0'], 1))
    })
  })

  test('does not delay the answers when nothing receives, and counts', async () => {
    const options = ['--statsd-host', '127.0.0.1:9']
    await withMaster({ file: 'run/answers.cjs', options }, async (master) => {
      await master.serving(1)
      await eventually(async () => {
        await get(master.port, '/')
        const faults = (await master.page()).filter(
          ({ name, labels }) =>
            name === 'gunicorn_exporter_faults_total' && labels['component'] === 'statsd',
        )
        assert.ok(faults.some(({ value }) => value > 0))
      })
    })
  })
})
