import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { masterReason } from '../../src/model/signal.ts'

describe('the name in the metrics', () => {
  const rows: readonly (readonly [signal: string, reason: string | undefined])[] = [
    ['SIGHUP', 'hup'],
    ['SIGUSR1', 'usr1'],
    ['SIGUSR2', 'usr2'],
    ['SIGTTIN', 'ttin'],
    ['SIGTTOU', 'ttou'],
    ['SIGINT', 'int'],
    ['SIGTERM', 'term'],
    ['SIGQUIT', 'quit'],
    ['SIGWINCH', 'winch'],
    // Counted per ended worker, not per signal.
    ['SIGCHLD', undefined],
    ['SIGKILL', undefined],
    ['sighup', undefined],
    ['hup', undefined],
    ['', undefined],
    ['constructor', undefined],
  ]
  for (const [signal, reason] of rows) {
    test(`of ${JSON.stringify(signal)} is ${reason}`, () =>
      assert.equal(masterReason(signal), reason))
  }
})
