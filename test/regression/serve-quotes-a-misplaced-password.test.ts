// Bug: `serve` quoted misplaced values of the command line and of variables on stderr. Such a value
// can be a password.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseServe } from '../../src/commands/serve/serve-options.ts'

type Environment = Record<string, string>

test('serve does not quote a misplaced value that can be a password', () => {
  const rows: readonly (readonly string[])[] = [
    ['--redis-uri', 'redis://u:hush@r'],
    ['--redis-uri=redis://u:hush@r'],
    ['redis://u:hush@r'],
    ['u:hush@r'],
    ['--redis-password', 'hush'],
    ['--help=u:hush@r'],
  ]
  for (const argv of rows) {
    const text = faults(argv).join('\n')
    assert.doesNotMatch(text, /hush/)
    assert.match(text, /is not an option of serve|takes no value/)
  }
})

function faults(argv: readonly string[], environment: Environment = {}): readonly string[] {
  const request = parseServe(argv, environment)
  if (request.kind !== 'faults') throw new Error(`${argv.join(' ')} was not refused`)
  return request.faults
}
