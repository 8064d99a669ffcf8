import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sidecarLimits } from '../../src/limits/sidecar.ts'
import { directoryNotices } from '../../src/sidecar/directory-notices.ts'
import { ManualClock } from '../support/manual-clock.ts'

const missing = Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' })
const denied = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' })

const waits = 'info: the directory of SHARED_DIR is not there yet; the first application makes it'
const isThere = 'info: the directory of SHARED_DIR is there'
const fails = 'warning: the directory of SHARED_DIR cannot be read, trying again: '
const recovered = 'warning: the directory of SHARED_DIR can be read again'

describe('The notices of a shared directory', () => {
  test('say once that the directory is not there yet, and then that it is', () => {
    const { lines, report } = notices()
    const answers = [missing, missing, undefined, undefined].map(report)
    assert.deepEqual(lines, [waits, isThere])
    assert.deepEqual(answers, [true, true, false, false])
  })

  test('warn of a directory that nobody makes', () => {
    const { lines, report, clock } = notices()
    report(missing)
    clock.spend(sidecarLimits.directoryWaitMs - 1)
    assert.equal(report(missing), true)
    assert.deepEqual(lines, [waits])
    clock.spend(1)
    for (const error of [missing, missing, undefined]) assert.equal(report(error), false)
    assert.deepEqual(lines, [waits, `${fails}${missing.message}`, recovered])
  })

  test('warn at once of a directory that goes, and of another error', () => {
    const gone = notices()
    for (const error of [undefined, missing, undefined]) gone.report(error)
    assert.deepEqual(gone.lines, [`${fails}${missing.message}`, recovered])
    const other = notices()
    for (const error of [denied, missing]) other.report(error)
    assert.deepEqual(other.lines, [`${fails}${denied.message}`])
    const later = notices()
    for (const error of [missing, denied]) later.report(error)
    assert.deepEqual(later.lines, [waits, `${fails}${denied.message}`])
  })
})

function notices() {
  const clock = new ManualClock()
  const lines: string[] = []
  const report = directoryNotices({
    setting: 'SHARED_DIR',
    // Without the code at the end.
    onNotice: (text) => lines.push(`warning: ${text.replace(/ \(GPE_\w+\)$/, '')}`),
    onWaiting: (text) => lines.push(`info: ${text}`),
    now: clock.now,
  })
  return { clock, lines, report }
}
