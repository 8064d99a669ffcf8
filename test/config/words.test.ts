import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Resolution, resolveSettings } from '../../src/config/resolve/resolve.ts'
import { shownSettings } from '../../src/config/resolve/shown-settings.ts'
import { parseLogFormat } from '../../src/log/log-line.ts'
import { sentencesOf } from '../support/config/sentences.ts'

const directories = ['PROMETHEUS_MULTIPROC_DIR', 'PROMETHEUS_SHARED_DIR', 'PROMETHEUS_STATE_DIR']
const words: [variable: string, word: string, shown: string][] = [
  ...directories.map((name): [string, string, string] => [name, 'off', 'off']),
  ['GUNICORN_HANG_STACKS', 'off', '0'],
  ['GUNICORN_WORKERS', 'auto', 'auto'],
  ['GUNICORN_CRASH_FILES', 'response', 'response'],
  ['GUNICORN_WORKER_ID', 'slot', 'slot'],
  ['GUNICORN_RELOAD_STRATEGY', 'one-by-one', 'one-by-one'],
  ['GUNICORN_INSTRUMENTATIONS', 'http,runtime-node', 'http,runtime-node'],
  ['PROMETHEUS_LOG_FORMAT', 'json', 'json'],
  ['PROMETHEUS_GARBAGE_COLLECTIONS', 'off', 'false'],
  ['GUNICORN_METRICS_EXPORTER', 'none', 'none'],
  ['OTEL_LOG_LEVEL', 'none', 'none'],
]

function resolved(variable: string, text: string): Resolution {
  return resolveSettings({ environment: { [variable]: text }, command: 'run' })
}

function shown(variable: string, text: string): string | undefined {
  const resolution = resolved(variable, text)
  assert.equal(resolution.kind, 'settings')
  if (resolution.kind !== 'settings') return undefined
  const line = shownSettings(resolution)
    .split('\n')
    .find((each) => each.startsWith(`${variable} `))
  return line?.slice(variable.length).trim()
}

describe('Words in settings', () => {
  for (const [variable, word, expected] of words) {
    test(`${variable} takes ${word} in upper and lower case, and check shows the value`, () => {
      for (const text of [word, word.toUpperCase(), `${word[0]?.toUpperCase()}${word.slice(1)}`]) {
        assert.equal(shown(variable, text), `${expected}  (environment)`)
      }
    })
  }

  for (const variable of directories) {
    test(`${variable} makes no directory of a word for off`, () => {
      for (const text of ['none', 'None', 'false', '0', 'no', 'null', 'auto', 'true']) {
        const resolution = resolved(variable, text)
        assert.ok(resolution.kind === 'faults')
        assert.deepEqual(sentencesOf(resolution.faults), [
          `${variable} is "${text}"; allowed is a directory or off.`,
        ])
      }
      assert.equal(shown(variable, './none'), './none  (environment)')
    })
  }

  test('A default is shown as such', () => {
    const resolution = resolveSettings({ environment: {} })
    assert.ok(resolution.kind === 'settings')
    assert.match(shownSettings(resolution), /^PROMETHEUS_STATE_DIR +none {2}\(default\)$/m)
    assert.match(shownSettings(resolution), /^PROMETHEUS_SSL_ENABLED +whether there is/m)
  })

  test('The format of the log is known before the settings', () => {
    assert.equal(parseLogFormat('JSON'), 'json')
  })
})
