import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import type { Cluster } from 'node:cluster'
import { EventEmitter, once } from 'node:events'
import { describe, type TestContext, test } from 'node:test'
import { guardScript } from '../../../src/master/orphans/guard-script.ts'
import { OrphanGuard } from '../../../src/master/orphans/orphan-guard.ts'
import { readProcessStat } from '../../../src/support/process/process-stat.ts'
import { testLog } from '../../support/master/bench.ts'
import { eventually } from '../../support/programs/app.ts'

/** A process that ignores the end of its master. */
async function program(context: TestContext): Promise<ChildProcess & { readonly pid: number }> {
  const child = spawn('sleep', ['60'])
  context.after(() => void child.kill('SIGKILL'))
  await once(child, 'spawn')
  return child as ChildProcess & { readonly pid: number }
}

/** Runs the guard with these lines, until its end. */
async function guarded(...lines: readonly string[]): Promise<void> {
  const guard = spawn('/bin/sh', ['-c', guardScript], { stdio: ['pipe', 'ignore', 'inherit'] })
  guard.stdin.end(lines.map((line) => `${line}\n`).join(''))
  const [code] = await once(guard, 'exit')
  assert.equal(code, 0)
}

function named({ pid }: { readonly pid: number }): string {
  return `${pid}:${readProcessStat(pid)?.startTicks}`
}

describe('The guard of the workers, when the master has ended,', () => {
  test('kills the workers of the last line', async (context) => {
    const [first, second, ended] = [
      await program(context),
      await program(context),
      await program(context),
    ]
    const end = named(ended)
    ended.kill('SIGKILL')
    await guarded(named(first), `${end} ${named(first)} ${named(second)}`)
    for (const child of [first, second]) {
      if (child.signalCode === null) await once(child, 'exit')
      assert.equal(child.signalCode, 'SIGKILL')
    }
  })

  test('leaves a program with the pid of an ended worker alone', async (context) => {
    const other = await program(context)
    await guarded(`${other.pid}:1`)
    await guarded(`${other.pid}:`)
    assert.equal(other.signalCode, null)
    other.kill('SIGTERM')
    await once(other, 'exit')
    assert.equal(other.signalCode, 'SIGTERM')
  })

  test('ends at once without a worker', async (context) => {
    const worker = await program(context)
    await guarded()
    await guarded(named(worker), '')
    assert.equal(worker.signalCode, null)
  })
})

describe('OrphanGuard', () => {
  test('logs that the system has no shell', async (context) => {
    const { log, lines } = testLog(context)
    const cluster = new EventEmitter() as unknown as Pick<Cluster, 'on'>
    const guard = OrphanGuard.start({ cluster, log, shell: '/no/such/shell' })
    await eventually(() => assert.equal(lines().length, 1))
    const text = 'The guard of the workers does not start: spawn /no/such/shell ENOENT'
    assert.equal(lines()[0], `[INFO] ${text}`)
    assert.equal(guard?.pid, undefined)
  })

  test('does not keep the process alive', async (context) => {
    const { log } = testLog(context)
    const before = process.getActiveResourcesInfo()
    const guard = OrphanGuard.start({
      cluster: new EventEmitter() as unknown as Pick<Cluster, 'on'>,
      log,
    })
    context.after(() => process.kill(guard?.pid ?? 0, 'SIGKILL'))
    assert.deepEqual(process.getActiveResourcesInfo(), before)
  })
})
