import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { type Master, startMaster } from '../../support/programs/master.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { pidIn } from '../../support/programs/upgrade.ts'
import { sum } from '../../support/prometheus/page.ts'

/*
 * gunicorn 27 calls its hooks in this order at the same signals, with two differences. Here
 * `when_ready` follows the first readiness of all workers, and `pre_exec` runs in the old master.
 */

const names = [
  'nworkersChanged',
  'onStarting',
  'preFork',
  'postFork',
  'whenReady',
  'onReload',
  'workerInt',
  'workerAbort',
  'workerExit',
  'childExit',
  'preExec',
  'onExit',
]
const snake = names.map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))

/** Modules that write a line per call: the hook, and its values. */
const modules: Record<string, (calls: string) => string> = {
  'camelCase.cjs': (calls) => `
    const { appendFileSync } = require('node:fs')
    for (const name of ${JSON.stringify(names)}) exports[name] = (...values) =>
      appendFileSync(${JSON.stringify(calls)}, JSON.stringify([name, ...values]) + '\\n')`,
  'snake_case.mjs': (calls) => `
    import { appendFileSync } from 'node:fs'
    const note = (name) => (...values) =>
      appendFileSync(${JSON.stringify(calls)}, JSON.stringify([name, ...values]) + '\\n')
    export default Object.fromEntries(
      ${JSON.stringify(snake)}.map((name, at) => [name, note(${JSON.stringify(names)}[at])]))`,
}

for (const [file, text] of Object.entries(modules)) {
  test(`run calls all hooks of ${file} in the order of gunicorn`, async (context) => {
    const { master, pidFile, next } = await started(context, file, text)
    const pid = master.child.pid ?? 0
    await master.serving(2)
    assert.deepEqual(await next(7), [
      ['nworkersChanged', { pid }, 2, null],
      ['onStarting', { pid }],
      ['preFork', { pid }, { age: 1 }],
      ['postFork', 1],
      ['preFork', { pid }, { age: 2 }],
      ['postFork', 2],
      ['whenReady', { pid }],
    ])
    master.signal('SIGHUP')
    const reload = await next(10)
    assert.deepEqual(reload.slice(0, 6), [
      ['nworkersChanged', { pid }, 2, 2],
      ['onReload', { pid }],
      ['preFork', { pid }, { age: 3 }],
      ['postFork', 3],
      ['preFork', { pid }, { age: 4 }],
      ['postFork', 4],
    ])
    assert.deepEqual(sorted(reload.slice(6)), ends([1, 2], 'hup'))
    master.signal('SIGTTIN')
    assert.deepEqual(await next(3), [
      ['nworkersChanged', { pid }, 3, 2],
      ['preFork', { pid }, { age: 5 }],
      ['postFork', 5],
    ])
    await master.serving(3)
    master.signal('SIGTTOU')
    const fewer = await next(3)
    assert.deepEqual(fewer[0], ['nworkersChanged', { pid }, 2, 3])
    assert.deepEqual(fewer.slice(1), ends([3], 'ttou'))
    master.signal('SIGUSR2')
    assert.deepEqual(await next(1), [['preExec', { pid }]])
    const successor = await eventually(async () => {
      const found = await pidIn(pidFile)
      assert.notEqual(found, pid)
      return found
    })
    const boot = await next(7)
    assert.deepEqual(boot[0], ['nworkersChanged', { pid: successor }, 2, null])
    assert.deepEqual(boot.at(-1), ['whenReady', { pid: successor }])
    master.signal('SIGTERM')
    const end = await next(5)
    assert.deepEqual(sorted(end.slice(0, 4)), ends([4, 5], 'usr2'))
    assert.deepEqual(end[4], ['onExit', { pid }])
    process.kill(successor, 'SIGINT')
    const quick = await next(7)
    assert.deepEqual(sorted(quick.slice(0, 2)), [
      ['workerInt', 1],
      ['workerInt', 2],
    ])
    assert.deepEqual(sorted(quick.slice(2, 6)), ends([1, 2], 'int'))
    assert.deepEqual(quick[6], ['onExit', { pid: successor }])
  })
}

describe('A hook of run', () => {
  test('that fails or never ends changes nothing, is logged and counted', async (context) => {
    const { master } = await started(
      context,
      'bad.cjs',
      () => `
      exports.post_fork = () => { throw new Error('a bad hook') }
      exports.when_ready = async () => { throw new Error('a late one') }
      exports.pre_fork = () => new Promise(() => {})
      exports.on_exit = () => new Promise(() => {})`,
    )
    await master.serving(2)
    assert.equal((await get(master.port, '/')).status, 200)
    await eventually(async () => {
      assert.match(master.stderr(), /The hook post_fork failed: a bad hook/)
      assert.match(master.stderr(), /The hook when_ready failed: a late one/)
      assert.match(master.stderr(), /The hook pre_fork has not ended after 5 s/)
      // Two of postFork, two of preFork, one of whenReady.
      const component = { component: 'exporter_hook' }
      assert.equal(sum(await master.page(), 'gunicorn_exporter_faults_total', component), 5)
    })
    master.signal('SIGTERM')
    assert.deepEqual(await master.ended, { code: 0, signal: null })
    assert.match(master.stderr(), /The hook on_exit has not ended after 5 s/)
  })

  test('that is asynchronous ends before the master', async (context) => {
    const { master, next } = await started(
      context,
      'slow.cjs',
      (calls) => `
      const { appendFileSync } = require('node:fs')
      exports.on_exit = async () => {
        await new Promise((done) => setTimeout(done, 700))
        appendFileSync(${JSON.stringify(calls)}, '["slow"]\\n')
      }`,
    )
    await master.serving(2)
    master.signal('SIGTERM')
    assert.equal((await master.ended).code, 0)
    assert.deepEqual(await next(1), [['slow']])
  })

  test('with a mistyped name is refused, before a worker starts', async (context) => {
    const { master } = await started(
      context,
      'typo.cjs',
      () => 'exports.on_exti = () => {}; exports.post_request = () => {}',
    )
    assert.equal((await master.ended).code, 2)
    assert.match(master.stderr(), /typo\.cjs: on_exti is not a hook; did you mean on_exit\?/)
    assert.match(master.stderr(), /post_request is a hook of gunicorn that does not exist here/)
    assert.deepEqual(master.workers(), [])
  })
})

type Call = readonly unknown[]

interface Started {
  readonly master: Master
  readonly pidFile: string
  /** Waits for this number of further calls. */
  readonly next: (count: number) => Promise<Call[]>
}

async function started(
  context: TestContext,
  file: string,
  text: (calls: string) => string,
): Promise<Started> {
  const directory = await temporaryDirectory(context)
  const [path, calls, pidFile] = [file, 'calls', 'pid'].map((name) => join(directory, name))
  const [hooks = '', log = '', pid = ''] = [path, calls, pidFile]
  await writeFile(hooks, text(log))
  const master = await startMaster({ options: ['-w', '2', '--hooks', hooks, '--pid', pid] })
  context.after(() => master.stop())
  let seen = 0
  const next = (count: number): Promise<Call[]> =>
    eventually(async () => {
      const lines = (await readFile(log, 'utf8')).trim().split('\n').slice(seen)
      assert.ok(lines.length >= count, `${lines.length} of ${count}: ${lines.join(' ')}`)
      seen += count
      return lines.slice(0, count).map((line) => shortened(JSON.parse(line)))
    }, 60_000)
  return { master, pidFile: pid, next }
}

/** Shows a worker by its age, and the reason of its end. */
function shortened([name, ...values]: readonly [string, ...unknown[]]): Call {
  const worker = values.at(-1)
  if (typeof worker !== 'object' || worker === null || !('pid' in worker && 'age' in worker)) {
    return [name, ...values]
  }
  assert.ok(Number(worker.pid) > 0)
  return 'reason' in worker ? [name, worker.age, worker.reason] : [name, worker.age]
}

/** The calls at the ends of these workers: `childExit` after `workerExit`. */
function ends(ages: readonly number[], reason: string): Call[] {
  return sorted(
    ages.flatMap((age) => [
      ['workerExit', age, reason],
      ['childExit', age, reason],
    ]),
  )
}

function sorted(calls: readonly Call[]): Call[] {
  return [...calls].sort((one, other) => String(one[1]).localeCompare(String(other[1])))
}
