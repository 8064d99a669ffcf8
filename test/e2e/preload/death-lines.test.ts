import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { collectLimits } from '../../../src/limits/collect.ts'
import { logLimits } from '../../../src/limits/log.ts'
import { type App, eventually } from '../../support/programs/app.ts'
import {
  deathLines,
  deaths,
  die,
  type ShownError,
  withDying,
} from '../../support/programs/dying.ts'
import { get } from '../../support/programs/load.ts'

type Row = readonly [way: string, reason: string, error: ShownError | null, end: RegExp]

/** Fewer than `logLimits.deaths` for each primary. */
const groups: Record<string, readonly Row[]> = {
  'of an uncaught error': [
    ['throw', 'error', { name: 'TypeError', message: 'no user 7' }, /; TypeError: no user 7$/],
    ['reject', 'error', { name: 'RangeError', message: 'too far' }, /; RangeError: too far$/],
    ['code', 'error', { name: 'ENOENT', message: 'no file' }, /; ENOENT: no file$/],
    ['realm', 'error', { name: 'EvalError', message: 'elsewhere' }, /; EvalError: elsewhere$/],
    ['aggregate', 'error', { name: 'AggregateError', message: 'both' }, /; AggregateError: both$/],
    ['cause', 'error', { name: 'Error', message: 'outer' }, /; Error: outer$/],
  ],
  'of a value that is no error': [
    ['null', 'error', { name: 'null', message: 'null' }, /; threw null$/],
    ['text', 'error', { name: 'string', message: 'plain text' }, /; threw a string: plain text$/],
    ['number', 'error', { name: 'number', message: '7' }, /; threw a number: 7$/],
    ['hostile', 'error', { name: 'object', message: '' }, /; threw an object$/],
    ['proxy', 'error', { name: 'object', message: '' }, /; threw an object$/],
  ],
  'after a handler of the application': [
    ['handled', 'error', { name: 'TypeError', message: 'handled, then the end' }, /then the end$/],
    [
      'disconnected',
      'error',
      { name: 'TypeError', message: 'the channel is closed' },
      /; TypeError: the channel is closed$/,
    ],
  ],
  'without an error': [
    ['exit-3', 'error', null, /^error \(crash, code 3\) after .* before the end$/],
    ['kill', 'sigkill', null, /^sigkill \(forced, SIGKILL\) after .* before the end$/],
  ],
}

describe('An abnormal end', () => {
  for (const [title, rows] of Object.entries(groups)) {
    test(`${title} has one line on stderr, and its error on /status`, async () => {
      await withDying({}, async (app, port) => {
        for (const row of rows) await check(app, port, row)
      })
    })
  }

  test('with a long message has its first 300 characters in the line', async () => {
    await withDying({}, async (app, port) => {
      const { error } = await die(app, port, 'huge')
      assert.equal(error?.message, 'x'.repeat(1_000))
      assert.match(error?.stack ?? '', /x…\n {4}at /)
      const end = /ended: .*; Error: x{300} \(GPE_WORKER_DIED\)\n/
      await eventually(() => assert.match(app.stderr(), end))
    })
  })

  test('has an escaped message on one line', async () => {
    await withDying({}, async (app, port) => {
      const { error } = await die(app, port, 'lines')
      assert.equal(error?.message, 'one\ntwo\u001b[31m\u202ered')
      await eventually(() => {
        assert.match(
          deathLines(app).at(-1) ?? '',
          /; Error: one\\ntwo\\u\{1b\}\[31m\\u\{202e\}red$/,
        )
      })
    })
  })

  test('shows no secret of the configuration and no password of a URL', async () => {
    const env = { REDIS_PASSWORD: 's3cret-token' }
    await withDying(env, async (app, port) => {
      const { error } = await die(app, port, 'secret')
      assert.equal(error?.message, 'cannot reach redis://***@db/0 with ***')
      assert.doesNotMatch(error?.stack ?? '', /s3cret|pass-7/)
      const end = /; Error: cannot reach redis:\/\/\*\*\*@db\/0 with \*\*\*$/
      await eventually(() => assert.match(deathLines(app).at(-1) ?? '', end))
    })
  })

  test('shows no message with PROMETHEUS_ERROR_MESSAGES=false', async () => {
    await withDying({ PROMETHEUS_ERROR_MESSAGES: 'false' }, async (app, port) => {
      const { error } = await die(app, port, 'throw')
      assert.deepEqual([error?.name, error?.message], ['TypeError', null])
      assert.match(error?.stack ?? '', /^ {4}at .*dying\.cjs:/)
      assert.doesNotMatch(error?.stack ?? '', /no user/)
      await eventually(() => assert.match(deathLines(app).at(-1) ?? '', /; TypeError$/))
    })
  })

  test('shows the class alone on an endpoint that is open to the network', async () => {
    await withDying({ PROMETHEUS_BIND_ADDRESS: '0.0.0.0' }, async (app, port) => {
      const { error } = await die(app, port, 'throw')
      const details =
        'hidden: the endpoint asks for no credentials and listens on more than the ' +
        'loopback interface'
      assert.deepEqual(error, { name: 'TypeError', details })
      // Only the operator reads stderr.
      await eventually(() => assert.match(deathLines(app).at(-1) ?? '', /no user 7$/))
    })
  })

  test('in a crash loop has few lines, and a count of the others', async () => {
    await withDying({}, async (app, port) => {
      const ends = logLimits.deaths + 5
      for (let end = 0; end < ends; end += 1) await die(app, port, 'exit-3')
      assert.equal(deathLines(app).length, logLimits.deaths)
    })
  })
})

async function check(app: App, port: number, [way, reason, error, end]: Row): Promise<void> {
  const before = deathLines(app).length
  const death = await die(app, port, way)
  assert.equal(death.reason, reason, way)
  const { stack = '', ...shown } = death.error ?? {}
  assert.deepEqual(death.error && shown, error, way)
  if (error?.name.endsWith('Error')) assert.match(stack, /^ {4}at .*dying\.cjs:/m, way)
  await eventually(() => assert.equal(deathLines(app).length, before + 1, way))
  const [text = ''] = deathLines(app).slice(-1)
  assert.match(text, end, way)
  assert.match(text, / after [\d.]+ s, .*\d requests?, [\d.]+ MiB/, way)
}

describe('A worker that survived an error', () => {
  test('is not said to die of the error when it exits with 0', async () => {
    await withDying({}, async (app, port) => {
      const { reason, error } = await die(app, port, 'survived-exit-0')
      assert.deepEqual([reason, error], ['exit', null])
      assert.deepEqual(deathLines(app), [])
    })
  })
})

test('A worker that survived an error long ago does not die of the error', async () => {
  await withDying({ WORKERS: '1' }, async (app, port) => {
    await eventually(async () => assert.equal((await get(port, '/survived')).status, 200))
    await sleep(collectLimits.errorToEndMs + 500)
    await get(port, '/exit-3')
    await eventually(() =>
      assert.match(deathLines(app)[0] ?? '', /^error \(crash, code 3\) .* end$/),
    )
    assert.equal((await deaths(app))[0]?.error, null)
  })
})

test('Lines as JSON have the facts of a death as fields', async () => {
  await withDying({ PROMETHEUS_LOG_FORMAT: 'json' }, async (app, port) => {
    const { pid } = await die(app, port, 'throw')
    const line = await eventually(() => {
      const found = app.stderr().match(/^\{.*"workerPid".*\}$/m)?.[0]
      assert.ok(found)
      return JSON.parse(found)
    })
    const { level, workerPid, reason, restartType, exitCode, errorName, errorMessage } = line
    assert.deepEqual(
      [level, workerPid, reason, restartType, exitCode, errorName, errorMessage],
      ['warning', pid, 'error', 'crash', 1, 'TypeError', 'no user 7'],
    )
  })
})

describe('A graceful end', () => {
  for (const [way, reason] of [
    ['exit-0', 'exit'],
    ['term', 'sigterm'],
  ] as const) {
    test(`of a worker (${reason}) has no line`, async () => {
      await withDying({}, async (app, port) => {
        assert.equal((await die(app, port, way)).reason, reason)
        await get(port, '/').catch(() => {})
        assert.deepEqual(deathLines(app), [])
        assert.equal((await deaths(app)).length, 1)
      })
    })
  }
})
