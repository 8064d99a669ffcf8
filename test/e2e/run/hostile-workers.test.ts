import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually, nodeUnderTest } from '../../support/programs/app.ts'
import { idsIn } from '../../support/programs/hang.ts'
import { get } from '../../support/programs/load.ts'
import { type Master, withMaster } from '../../support/programs/master.ts'

/*
 * Workers of `run` that replace functions of JavaScript and Node. The agent of the master works in
 * the process of the application, and throws nothing into the application.
 */

interface Row {
  readonly name: string
  /** Node's own HTTP/2 fails with this application, also without the master. */
  readonly hasHttp2?: false
  /** The agent cannot look at its connections. The master ends the worker at its timeout. */
  readonly end?: 'forced'
}

const isNode20 = execFileSync(nodeUnderTest, ['--version'], { encoding: 'utf8' }).startsWith('v20.')

const rows: readonly Row[] = [
  { name: 'map', end: 'forced' },
  { name: 'set' },
  { name: 'iterators', hasHttp2: false },
  { name: 'arrays', end: 'forced', ...(isNode20 && { hasHttp2: false }) },
  ...['objects', 'clocks', 'process', 'fake timers'].map((name) => ({ name })),
]

describe('A hostile application under run', { concurrency: 8 }, () => {
  for (const { name, hasHttp2 = true, end } of rows) {
    test(`answers, throws nothing, and ends when the master asks (${name})`, async () => {
      await withHostile(name, async (master, connect) => {
        const session = hasHttp2 ? connect() : undefined
        // Longer than the timeout of a worker without heartbeats.
        for (let second = 0; second < 4; second += 1) await answers(master, session)
        assert.deepEqual(idsIn(await master.page(), 'hanging'), [])
        session?.close()
        master.signal('SIGTERM')
        assert.deepEqual(await master.ended, { code: 0, signal: null })
        assert.doesNotMatch(withoutCollections(master.stdout()), /uncaught/)
        assert.doesNotMatch(master.stderr(), /hung/)
        assert.equal(/SIGKILL/.test(master.stderr()), end === 'forced', master.stderr())
      })
    })
  }

  test('gets the error of its own listener for SIGTERM', async () => {
    await withHostile('listener', async (master) => {
      master.signal('SIGTERM')
      await eventually(() => assert.match(master.stdout(), /^uncaught Error: broken listener$/m))
    })
  })
})

/**
 * Without the error of Node's own observer of garbage collections. An observer that waits to be
 * called needs iterators of arrays (docs/faults.md, remaining weaknesses).
 */
function withoutCollections(output: string): string {
  return output.replace(/^uncaught .*\n.*\n.*node:internal\/perf\/observe.*\n/gm, '')
}

async function withHostile(
  row: string,
  act: (master: Master, connect: () => ClientHttp2Session) => Promise<void>,
): Promise<void> {
  const options = ['-w', '1', '--timeout', '3', '--graceful-timeout', '5']
  await withMaster({ file: 'run/hostile.cjs', options, args: [row] }, async (master) => {
    await master.serving(1)
    const port = await eventually(() => portIn(master.stdout()))
    await act(master, () => connectHttp2(`http://127.0.0.1:${port}`).on('error', () => {}))
    assert.equal(master.stderr().split('Booting worker').length, 2, master.stderr())
  })
}

/** Sends a request of each protocol, and waits for a second. */
async function answers(master: Master, session: ClientHttp2Session | undefined): Promise<void> {
  assert.deepEqual(await get(master.port, '/'), { status: 200, body: 'hello' })
  if (session) assert.equal(await http2Get(session), 'hello')
  await sleep(1_000)
}

async function http2Get(session: ClientHttp2Session): Promise<string> {
  const signal = AbortSignal.timeout(20_000)
  let text = ''
  for await (const data of session.request({ ':path': '/' }, { signal })) text += String(data)
  return text
}

function portIn(stdout: string): string {
  const [, port] = /^http2 (\d+)$/m.exec(stdout) ?? []
  assert.ok(port, stdout)
  return port
}
