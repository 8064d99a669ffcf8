import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { BindLog } from '../../src/preload/bind-log.ts'

function started(): { log: BindLog; lines: string[] } {
  const lines: string[] = []
  const log = new BindLog(() => '')
  log.use((level, text) => lines.push(`${level} ${text}`))
  return { log, lines }
}

const failing = 'warning The metrics endpoint cannot listen, trying again:'
const code = ' (GPE_LISTEN_FAILED)'

describe('BindLog', () => {
  test('writes each failure once until the failure changes', () => {
    const { log, lines } = started()
    for (const reason of ['a', 'a', 'b', 'b', 'a']) log.failed(reason)
    assert.deepEqual(lines, [`${failing} a${code}`, `${failing} b${code}`, `${failing} a${code}`])
  })

  test('writes the code of the failure once', () => {
    const { log, lines } = started()
    log.failed('a', 'GPE_PORT_IN_USE')
    assert.deepEqual(lines, [`${failing} a (GPE_PORT_IN_USE)`])
  })

  test('points to doctor once in a process', () => {
    const lines: string[] = []
    for (const log of [new BindLog(), new BindLog()]) {
      log.use((_level, text) => lines.push(text))
      for (const reason of ['a.', 'b.']) log.failed(reason)
    }
    const hinted = lines.filter((line) => line.includes('gunicorn-prometheus-exporter doctor'))
    assert.deepEqual(hinted, [
      'The metrics endpoint cannot listen, trying again: a. (GPE_LISTEN_FAILED) ' +
        'Run `npx gunicorn-prometheus-exporter doctor`.',
    ])
  })

  test('writes the address once, and again after a failure', () => {
    const { log, lines } = started()
    log.bound('u')
    log.bound('u')
    log.failed('a')
    log.bound('u')
    const bound = 'info The metrics are at u'
    assert.deepEqual(lines, [bound, `${failing} a${code}`, bound])
  })

  test('tells another log the address of an endpoint that already listens', () => {
    const log = new BindLog(() => '')
    log.bound('u')
    const lines: string[] = []
    log.use((level, text) => lines.push(`${level} ${text}`))
    assert.deepEqual(lines, ['info The metrics are at u'])
  })
})
