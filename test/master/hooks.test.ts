import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { assertHooks, HookCaller, type Hooks, loadHooks } from '../../src/master/hooks.ts'
import { testLog } from '../support/master/bench.ts'

function moduleOf(
  context: TestContext,
  text: string,
): { path: string; write: (text: string) => void } {
  const directory = mkdtempSync(join(tmpdir(), 'hooks-'))
  context.after(() => rmSync(directory, { recursive: true, force: true }))
  const path = join(directory, 'hooks.cjs')
  const write = (changed: string): void => writeFileSync(path, changed)
  write(text)
  return { path, write }
}

describe('HookCaller', () => {
  test('gives a hook its values', (context) => {
    const { log, lines } = testLog(context)
    const calls: unknown[][] = []
    const hooks: Hooks = { onExit: (...values) => void calls.push(values) }
    new HookCaller(hooks, log).call('onExit', { pid: 7 })
    new HookCaller(hooks, log).call('onStarting', { pid: 7 })
    log.write('info', 'The end')
    assert.deepEqual(calls, [[{ pid: 7 }]])
    assert.deepEqual(lines(), ['[INFO] The end'])
  })

  test('logs a hook that throws or rejects', async (context) => {
    const { log, lines } = testLog(context)
    const hooks: Hooks = {
      onExit: () => {
        throw new Error('thrown')
      },
      onStarting: () => Promise.reject(new Error('rejected')),
    }
    const caller = new HookCaller(hooks, log)
    caller.call('onExit', { pid: 7 })
    caller.call('onStarting', { pid: 7 })
    await new Promise(setImmediate)
    assert.deepEqual(lines(), [
      '[ERROR] The hook onExit failed: thrown',
      '[ERROR] The hook onStarting failed: rejected',
    ])
  })
})

describe('loadHooks', () => {
  test('returns no hook without a path', () => {
    assert.deepEqual(loadHooks(undefined), {})
  })

  test('reads a changed module again', (context) => {
    const { path, write } = moduleOf(context, 'exports.onExit = () => 1')
    assert.equal(loadHooks(path).onExit?.({ pid: 1 }), 1)
    write('module.exports = { default: { onExit: () => 2 } }')
    assert.equal(loadHooks(path).onExit?.({ pid: 1 }), 2)
  })

  test('refuses a hook that is not a function', (context) => {
    const { path } = moduleOf(context, 'exports.whenReady = 7')
    assert.throws(() => loadHooks(path), /whenReady is of type number; allowed is a function\./)
  })
})

describe('assertHooks', () => {
  for (const name of [
    'onStarting',
    'postFork',
    'workerInt',
    'workerAbort',
    'workerExit',
    'onExit',
  ]) {
    test(`refuses ${name} unless it is a function`, () => {
      const hooks = { [name]: 'text' } as Hooks
      assert.throws(() => assertHooks(hooks, 'hooks'), new RegExp(`^TypeError: hooks: ${name} is`))
      assertHooks({ [name]: () => {} }, 'hooks')
    })
  }
})
