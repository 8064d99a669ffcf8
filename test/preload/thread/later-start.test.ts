import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { startLater } from '../../../src/preload/thread/later-start.ts'

const source = join(import.meta.dirname, '../../../src/preload/thread/later-start.ts')

function counted() {
  const calls = { starts: 0, turns: 0 }
  const begin = startLater({
    start: () => {
      calls.starts += 1
      return calls.starts
    },
    inTurn: (start) => {
      calls.turns += 1
      start()
    },
    atExit: () => {},
    onFault: assert.fail,
  })
  return { calls, begin }
}

test('startLater() starts in the next turn', async () => {
  const before = process.listenerCount('exit')
  const { calls, begin } = counted()
  assert.deepEqual(calls, { starts: 0, turns: 0 })
  await turn()
  assert.deepEqual(calls, { starts: 1, turns: 1 })
  assert.equal(begin(), 1)
  assert.equal(process.listenerCount('exit'), before)
})

test('startLater() starts at the first use, once', async () => {
  const { calls, begin } = counted()
  assert.equal(begin(), 1)
  assert.equal(begin(), 1)
  await turn()
  assert.deepEqual(calls, { starts: 1, turns: 0 })
})

test('A process that ends before the turn can start, and does not wait for the turn', () => {
  const text = `
    const { startLater } = await import(${JSON.stringify(source)})
    const say = (word) => process.stdout.write(word + '\\n')
    const start = () => say('started')
    const atExit = (begin) => { say('exit'); begin() }
    startLater({ start, inTurn: (begin) => begin(), atExit, onFault: say })
    process.exit()
  `
  const flags = ['--input-type=module', '-e', text]
  assert.equal(execFileSync(process.execPath, flags, { encoding: 'utf8' }), 'exit\nstarted\n')
})
