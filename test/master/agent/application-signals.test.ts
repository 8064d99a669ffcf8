import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { on, once } from 'node:events'
import { join } from 'node:path'
import { describe, test } from 'node:test'

const program = join(import.meta.dirname, '../../fixtures/master/held-signals.mjs')

interface Subject {
  readonly child: ChildProcess
  readonly next: () => Promise<string>
  readonly ended: Promise<readonly unknown[]>
}

/** A process that holds its signals back. */
async function holding(mode = 'plain'): Promise<Subject> {
  const child = fork(program, [mode])
  const ended = once(child, 'exit')
  const messages = on(child, 'message')
  const next = async (): Promise<string> => String((await messages.next()).value?.[0])
  assert.equal(await next(), 'ready true true,false')
  return { child, next, ended }
}

describe('ApplicationSignals', { concurrency: true }, () => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP'] as const) {
    test(`keeps ${signal} from the application`, async () => {
      const { child, next, ended } = await holding()
      for (let time = 0; time < 2; time += 1) {
        child.kill(signal)
        assert.equal(await next(), `held ${signal}`)
      }
      child.send('end')
      assert.deepEqual(await ended, [0, null])
    })
  }

  test('delivers a signal as Node.js does', async () => {
    const { child, next, ended } = await holding()
    child.send('deliver')
    assert.equal(await next(), 'listener SIGTERM 15')
    child.send('end')
    assert.deepEqual(await ended, [0, null])
  })

  test('leaves real signals to the application after the release', async () => {
    const { child, next, ended } = await holding()
    child.send('release')
    assert.equal(await next(), 'released')
    child.kill('SIGTERM')
    assert.equal(await next(), 'listener SIGTERM 15')
    child.kill('SIGINT')
    assert.deepEqual(await ended, [null, 'SIGINT'])
  })

  test('lets a library end the process with the signal', async () => {
    const { child, next, ended } = await holding('again')
    child.send('release')
    assert.equal(await next(), 'released')
    child.send('deliver')
    assert.equal(await next(), 'listener SIGTERM 15')
    assert.deepEqual(await ended, [null, 'SIGTERM'])
  })

  test('holds back a signal that had listeners before, and keeps these listeners', async () => {
    const { child, next, ended } = await holding('earlier')
    child.kill('SIGTERM')
    assert.equal(await next(), 'held SIGTERM')
    child.send('deliver')
    assert.equal(await next(), 'earlier once')
    assert.equal(await next(), 'earlier')
    assert.equal(await next(), 'listener SIGTERM 15')
    child.send('end')
    assert.deepEqual(await ended, [0, null])
  })

  test('holds signals after the removal of all listeners of the process', async (context) => {
    const { child, next } = await holding('bare')
    context.after(() => child.kill('SIGKILL'))
    assert.equal(await next(), 'removed')
    for (const signal of ['SIGTERM', 'SIGTERM', 'SIGHUP'] as const) {
      child.kill(signal)
      assert.equal(await next(), `held ${signal}`)
    }
  })

  test('sets a signal free after the removal of all listeners of the process', async () => {
    const { child, next, ended } = await holding('bare and released')
    assert.equal(await next(), 'removed')
    child.kill('SIGTERM')
    assert.deepEqual(await ended, [null, 'SIGTERM'])
  })
})
