import assert from 'node:assert/strict'
import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { masterLimits } from '../../../src/limits/master.ts'
import { HookCaller, type Hooks, hookNames } from '../../../src/master/hooks/hooks.ts'
import { hooksOf, loadHooks } from '../../../src/master/hooks/load-hooks.ts'
import { testLog } from '../../support/master/bench.ts'

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

describe('A hook in the spelling of gunicorn', () => {
  test('is logged in that spelling, also when it rejects with an object', async (context) => {
    const { log, lines } = testLog(context)
    const caller = new HookCaller(
      hooksOf(
        {
          on_exit: () => Promise.reject({ a: 1 }),
          on_reload: () => Promise.reject({ message: 'no room' }),
          when_ready: () => {
            throw new Error('thrown')
          },
        },
        'hooks',
      ),
      log,
    )
    caller.call('onExit', { pid: 7 })
    caller.call('onReload', { pid: 7 })
    caller.call('whenReady', { pid: 7 })
    await new Promise(setImmediate)
    assert.deepEqual(lines().sort(), [
      '[ERROR] The hook on_exit failed: {"a":1}',
      '[ERROR] The hook on_reload failed: no room',
      '[ERROR] The hook when_ready failed: thrown',
    ])
  })

  test('makes the refusal of another export name hooks in that spelling', () => {
    const given = { worker_exit: () => {}, whenRedy: () => {}, helper: () => {} }
    assert.throws(() => hooksOf(given, 'hooks'), {
      message:
        /whenRedy is not a hook; did you mean when_ready\? helper .* nworkers_changed, on_st/,
    })
  })
})

describe('A hook that never ends', () => {
  test('holds the end of the master for hookMs, and is logged and counted', async (context) => {
    const { log, lines } = testLog(context)
    let faults = 0
    const onFault = (): void => {
      faults += 1
    }
    const hooks: Hooks = { onExit: () => new Promise(() => {}) }
    const caller = new HookCaller(hooks, log, { onFault, timeoutMs: 20 })
    const keepAlive = setTimeout(() => {}, masterLimits.hookMs)
    await new Promise<void>((done) => caller.callAndWait('onExit', { pid: 7 }, done))
    clearTimeout(keepAlive)
    assert.deepEqual(lines(), ['[ERROR] The hook onExit has not ended after 0.02 s'])
    assert.equal(faults, 1)
  })

  test('is logged and counted where nothing waits, too', async (context) => {
    const { log, lines } = testLog(context)
    let faults = 0
    const caller = new HookCaller({ postFork: () => new Promise(() => {}) }, log, {
      onFault: () => {
        faults += 1
      },
      timeoutMs: 20,
    })
    caller.call('postFork', { pid: 7 }, { pid: 8, age: 1 })
    const end = Date.now() + 10_000
    while (faults === 0 && Date.now() < end) await new Promise((done) => setTimeout(done, 5))
    assert.deepEqual(lines(), ['[ERROR] The hook postFork has not ended after 0.02 s'])
  })

  test('is named after it has blocked the master for longer than blockingHookMs', (context) => {
    const { log, lines } = testLog(context)
    const hooks: Hooks = {
      onReload: () => {
        const end = performance.now() + masterLimits.blockingHookMs + 50
        while (performance.now() < end);
      },
    }
    new HookCaller(hooks, log).call('onReload', { pid: 7 })
    assert.match(lines().join(), /^\[ERROR\] The hook onReload blocked the master for 1\.\d s$/)
  })
})

describe('loadHooks', () => {
  test('returns no hook without a path', () => {
    assert.deepEqual(loadHooks(undefined), {})
  })

  test('reads a changed module again, named by a link or without its extension', (context) => {
    for (const end of ['-link.cjs', '']) {
      const { path, write } = moduleOf(context, 'exports.onExit = () => 1')
      const file = `${path.slice(0, -'.cjs'.length)}.js`
      renameSync(path, file)
      const name = `${file.slice(0, -'.js'.length)}${end}`
      if (end !== '') symlinkSync(file, name)
      assert.equal(loadHooks(name).onExit?.({ pid: 7 }), 1)
      write('exports.onExit = () => 2')
      renameSync(path, file)
      assert.equal(loadHooks(name).onExit?.({ pid: 7 }), 2)
    }
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

describe('hooksOf', () => {
  for (const name of hookNames) {
    const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    test(`takes ${name} and ${snake}, and refuses other types than functions`, () => {
      const hook = (): void => {}
      for (const spelling of [name, snake]) {
        assert.deepEqual(hooksOf({ [spelling]: hook }, 'hooks'), { [name]: hook })
        assert.deepEqual(hooksOf({ [spelling]: undefined }, 'hooks'), {})
        assert.throws(
          () => hooksOf({ [spelling]: 'text' }, 'hooks'),
          new RegExp(`^TypeError: hooks: ${spelling} is of type string; allowed is a function`),
        )
      }
      assert.throws(
        () => hooksOf({ [name]: hook, [snake]: hook }, 'hooks'),
        /are the same hook; allowed is one of them\./,
      )
    })
  }

  test('takes the default export, below named exports', () => {
    const [one, two] = [(): number => 1, (): number => 2]
    const given = { default: { on_exit: one, onReload: one }, onExit: two, __esModule: true }
    assert.deepEqual(hooksOf(given, 'hooks'), { onExit: two, onReload: one })
    assert.throws(
      () => hooksOf({ default: one }, 'hooks'),
      /is of type function; allowed is an obj/,
    )
    assert.throws(() => hooksOf(one, 'hooks'), /is of type function; allowed is an object of hooks/)
  })

  const cases: readonly (readonly [name: string, text: RegExp])[] = [
    ['onExitt', /onExitt is not a hook; did you mean onExit\?/],
    ['when_redy', /when_redy is not a hook; did you mean when_ready\?/],
    ['helper', /helper is not a hook; allowed are nworkersChanged, onStarting/],
    ['post_request', /post_request is a hook of gunicorn that does not exist here: use a middle/],
    ['postWorkerInit', /postWorkerInit is a hook of gunicorn that does not exist here/],
  ]
  for (const [name, text] of cases) {
    test(`refuses ${name} by its name`, () => {
      assert.throws(() => hooksOf({ [name]: () => {} }, 'hooks'), text)
      assert.throws(() => hooksOf({ [name]: 7 }, 'hooks'), text)
    })
  }

  test('names every fault at once', () => {
    assert.throws(
      () => hooksOf({ onExitt: 1, whenReady: 2 }, 'hooks'),
      /onExitt is not a hook.*whenReady is of type number/,
    )
  })
})
