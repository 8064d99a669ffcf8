import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { shareLimits } from '../../../src/limits/share.ts'
import { ContinuedState } from '../../../src/share/hand-over/continued-state.ts'
import type { StateFile, Taken } from '../../../src/share/hand-over/state-file.ts'
import { StateStore } from '../../../src/share/hand-over/state-store.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { counted } from '../../support/redis/source-state.ts'

/** A store over a file in memory. */
function bench(first: Taken | Error = { kind: 'nothing' }) {
  let taken = first
  const clock = new ManualClock()
  const written: [value: unknown, hasEnded: boolean][] = []
  const notices: string[] = []
  const disk = { isFull: false, faults: 0, other: undefined as 'writes' | 'reads' | undefined }
  const file: Pick<StateFile, 'take' | 'write'> = {
    take() {
      if (taken instanceof Error) throw taken
      return taken
    },
    write({ metrics }, hasEnded) {
      if (disk.isFull) throw new Error('ENOSPC')
      written.push([metrics[0]?.points[0]?.value, hasEnded])
    },
  }
  const store = new StateStore({
    ...{ file, clock },
    settings: { directory: '/state', setting: 'GUNICORN_STATE_DIR', slot: 'service' },
    continued: new ContinuedState({
      ...{ usesSlots: false, keepWorkerId: false, mergeRules: [], retentionMs: 60_000, clock },
    }),
    collect: () => [counted(2)],
    other: () => disk.other,
    onNotice: (text) => void notices.push(text),
    onFault() {
      disk.faults += 1
    },
  })
  const put = (next: Taken): void => {
    taken = next
  }
  return { store, clock, written, notices, disk, put }
}

const earlier: Taken = {
  kind: 'state',
  state: { metrics: [counted(5)], retained: [], hasEnded: true },
}

describe('StateStore', () => {
  test('continues the totals of the file, and writes the sum each second', async () => {
    const { store, clock, written } = bench(earlier)
    assert.equal(store.take(), true)
    assert.equal(store.isOn, true)
    await clock.advance(2 * shareLimits.stateWriteMs)
    store.write(true)
    assert.deepEqual(written, [
      [7, false],
      [7, false],
      [7, true],
    ])
  })

  test('writes before a page at most once a second', async () => {
    const { store, clock, written } = bench()
    assert.equal(store.take(), false)
    store.beforePage()
    store.beforePage()
    assert.equal(written.length, 1)
    clock.spend(shareLimits.stateWriteMs)
    store.beforePage()
    assert.equal(written.length, 2)
  })

  test('leaves the file to a living process of the same service', async () => {
    const { store, clock, written, notices } = bench({ kind: 'foreign', pid: 7 })
    assert.equal(store.take(), false)
    assert.equal(store.isOn, false)
    await clock.advance(2 * shareLimits.stateWriteMs)
    store.write(true)
    assert.deepEqual(written, [])
    assert.match(notices.join(), /^process 7 of the same service writes its totals/)
  })

  test('leaves the file to the other master of an upgrade', async () => {
    const { store, clock, written, disk } = bench()
    disk.other = 'writes'
    await clock.advance(shareLimits.stateWriteMs)
    assert.deepEqual(written, [])
    disk.other = 'reads'
    await clock.advance(shareLimits.stateWriteMs)
    assert.deepEqual(written, [[2, false]])
    assert.equal(store.isOn, false)
  })

  test('tells once that writes fail, counts each, and tells when writes work again', async () => {
    const { store, clock, notices, disk } = bench()
    store.take()
    disk.isFull = true
    await clock.advance(3 * shareLimits.stateWriteMs)
    assert.equal(disk.faults, 3)
    disk.isFull = false
    await clock.advance(shareLimits.stateWriteMs)
    assert.deepEqual(notices, [
      'totals cannot be written to the directory of GUNICORN_STATE_DIR, trying again: ENOSPC ' +
        '(GPE_STATE_DIRECTORY)',
      'totals are written to the directory of GUNICORN_STATE_DIR again (GPE_RECOVERED)',
    ])
  })

  test('replaces no totals that cannot be read, and continues the totals later', async () => {
    const { store, clock, written, notices, disk, put } = bench(new Error('EMFILE'))
    assert.equal(store.take(), false)
    await clock.advance(2 * shareLimits.stateWriteMs)
    store.write(true)
    assert.equal(disk.faults, 4)
    assert.deepEqual(written, [])
    put(earlier)
    await clock.advance(shareLimits.stateWriteMs)
    assert.deepEqual(written, [[7, false]])
    assert.deepEqual(notices, [
      'totals in the directory of GUNICORN_STATE_DIR cannot be read, trying again: EMFILE ' +
        '(GPE_STATE_DIRECTORY)',
      'totals in the directory of GUNICORN_STATE_DIR can be read again (GPE_RECOVERED)',
    ])
  })

  test('starts at 0 when the file is no state', () => {
    const ignoring = bench({ kind: 'ignored', reason: 'wrong version' })
    assert.equal(ignoring.store.take(), false)
    assert.match(ignoring.notices.join(), /start at 0: wrong version \(GPE_STATE_DIRECTORY\)$/)
  })
})
