import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { WatchedFiles } from '../../src/endpoint/watched-files.ts'
import { endpointLimits } from '../../src/limits/endpoint.ts'
import { scratchDirectory } from '../support/endpoint/certificates.ts'

const directory = scratchDirectory()
let files = 0

/** A value from one file. A text that starts with "bad" is invalid. */
function watched({ settleMs = 0 }: { settleMs?: number } = {}) {
  files += 1
  const path = join(directory, String(files))
  const events: string[] = []
  let builds = 0
  let isPathKnown = true
  const time = { now: 0 }
  const value = new WatchedFiles<string>({
    paths() {
      if (!isPathKnown) throw new Error('no directory')
      return [path]
    },
    make([text = '']) {
      builds += 1
      if (text.startsWith('bad')) throw new Error(`invalid text ${text.length}`)
      return text
    },
    settleMs,
    now: () => time.now,
    onChange: (text) => events.push(`change ${text}`),
    onInvalid: ({ message }) => events.push(`invalid: ${message}`),
    onValid: () => events.push('valid'),
  })
  const write = (text: string): void => writeFileSync(path, text)
  write('first')
  return {
    value,
    events,
    write,
    path,
    time,
    builds: () => builds,
    losePath: (isLost: boolean): void => {
      isPathKnown = !isLost
    },
  }
}

describe('WatchedFiles', () => {
  test('returns the first value from load and reports no change', () => {
    const { value, events } = watched()
    assert.equal(value.load(), 'first')
    value.poll()
    value.poll()
    assert.deepEqual(events, [])
  })

  test('throws the error of an invalid first value', () => {
    const { value, write } = watched()
    write('bad')
    assert.throws(() => value.load(), { message: 'invalid text 3' })
    write('good')
    assert.equal(value.load(), 'good')
  })

  test('throws for a file that is missing', () => {
    const { value, path } = watched()
    rmSync(path)
    assert.throws(() => value.load(), { code: 'ENOENT' })
  })

  test('reports each new value once', () => {
    const { value, events, write } = watched()
    value.load()
    write('second')
    for (let count = 0; count < 3; count += 1) value.poll()
    write('third')
    value.poll()
    assert.deepEqual(events, ['change second', 'change third'])
  })

  test('builds no value for the same text in a new file', () => {
    const { value, events, write, path, builds } = watched()
    value.load()
    rmSync(path)
    write('first')
    value.poll()
    assert.deepEqual([events, builds()], [[], 1])
  })

  test('reports an invalid state at the second poll, once, and the return to a valid one', () => {
    const { value, events, write } = watched()
    value.load()
    write('bad')
    value.poll()
    assert.deepEqual(events, [])
    for (let count = 0; count < 3; count += 1) value.poll()
    assert.deepEqual(events, ['invalid: invalid text 3'])
    write('good')
    value.poll()
    value.poll()
    assert.deepEqual(events, ['invalid: invalid text 3', 'valid', 'change good'])
  })

  test('reports nothing about an invalid state that one poll finds', () => {
    const { value, events, write } = watched()
    value.load()
    write('bad')
    value.poll()
    write('good')
    value.poll()
    assert.deepEqual(events, ['change good'])
  })

  test('reports a return to the earlier text as valid without a change', () => {
    const { value, events, write } = watched()
    value.load()
    write('bad')
    value.poll()
    value.poll()
    write('first')
    value.poll()
    assert.deepEqual(events, ['invalid: invalid text 3', 'valid'])
  })

  test('reports each different invalid state, and one return', () => {
    const { value, events, write, losePath } = watched()
    value.load()
    for (const text of ['bad', 'bad too']) {
      write(text)
      value.poll()
      value.poll()
    }
    losePath(true)
    value.poll()
    value.poll()
    losePath(false)
    write('first')
    value.poll()
    assert.deepEqual(events, [
      'invalid: invalid text 3',
      'invalid: invalid text 7',
      'invalid: no directory',
      'valid',
    ])
  })

  test('reports a return after a suspect state that follows an invalid one', () => {
    const { value, events, write } = watched()
    value.load()
    write('bad')
    value.poll()
    value.poll()
    write('bad too')
    value.poll()
    write('first')
    value.poll()
    assert.deepEqual(events, ['invalid: invalid text 3', 'valid'])
  })

  test('reports a state once while young files are read at each poll', () => {
    const { value, events, write } = watched({ settleMs: endpointLimits.fileSettleMs })
    value.load()
    write('bad')
    for (let count = 0; count < 6; count += 1) value.poll()
    write('first')
    for (let count = 0; count < 3; count += 1) value.poll()
    assert.deepEqual(events, ['invalid: invalid text 3', 'valid'])
  })

  test('reports nothing while each poll finds another invalid state', () => {
    const { value, events, write } = watched({ settleMs: endpointLimits.fileSettleMs })
    value.load()
    for (const text of ['bad', 'bad too']) {
      write(text)
      value.poll()
    }
    write('first')
    value.poll()
    assert.deepEqual(events, [])
  })

  test('reports a return to an earlier value as a change', () => {
    const { value, events, write } = watched({ settleMs: endpointLimits.fileSettleMs })
    value.load()
    for (const text of ['second', 'second', 'first']) {
      write(text)
      value.poll()
      value.poll()
    }
    assert.deepEqual(events, ['change second', 'change first'])
  })

  test('passes a thrown value that is not an error as an error', () => {
    const errors: unknown[] = []
    const value = new WatchedFiles<never>({
      paths() {
        throw 'no reason'
      },
      make: () => assert.fail('made'),
      settleMs: 0,
      onChange: assert.fail,
      onInvalid: (error) => errors.push(error),
      onValid: assert.fail,
    })
    value.poll()
    value.poll()
    assert.ok(errors[0] instanceof Error)
    assert.equal(errors[0].message, 'no reason')
  })

  test('reads unchanged files again for endpointLimits.fileSettleMs after a change', () => {
    const { fileSettleMs } = endpointLimits
    const { value, write, time, builds } = watched({ settleMs: fileSettleMs })
    write('bad')
    for (let count = 0; count < 5; count += 1) value.poll()
    assert.equal(builds(), 5)
    time.now += fileSettleMs
    value.poll()
    assert.equal(builds(), 6)
    time.now += 1
    for (let count = 0; count < 5; count += 1) value.poll()
    assert.equal(builds(), 6)
    write('bad again')
    for (let count = 0; count < 5; count += 1) value.poll()
    assert.equal(builds(), 11)
  })

  /** Files count as settled at once. */
  const settled = { settleMs: -60_000 }

  test('reads settled files until two polls find the same invalid state', () => {
    const { value, events, write, builds } = watched(settled)
    value.load()
    write('bad')
    for (let count = 0; count < 5; count += 1) value.poll()
    assert.deepEqual([builds(), events], [3, ['invalid: invalid text 3']])
  })

  test('reads settled files after each change only', () => {
    const { value, events, write, builds } = watched(settled)
    value.load()
    for (const text of ['second', 'the third']) {
      write(text)
      for (let count = 0; count < 3; count += 1) value.poll()
    }
    assert.deepEqual([builds(), events], [3, ['change second', 'change the third']])
  })

  test('passes the error of a missing file at the second poll', () => {
    const { value, events, path } = watched(settled)
    value.load()
    rmSync(path)
    for (let count = 0; count < 3; count += 1) value.poll()
    assert.match(events.join(), /^invalid: ENOENT[^,]*, stat '[^']*'$/)
  })
})
