import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'

const node = process.env['NODE_UNDER_TEST'] ?? process.execPath
const cli = join(import.meta.dirname, '../../../dist/cli.cjs')
const skip = !existsSync('/dev/full') && 'the system has no /dev/full'

describe('A command whose output finds a full disk', { skip, concurrency: true }, () => {
  const lines = [
    ['check'],
    ['check', '--json'],
    ['doctor', '--timeout', '2'],
    ['completion', 'bash'],
    ['help'],
    ['--version'],
    ...['run', 'serve', 'check', 'ctl', 'doctor', 'top', 'completion'].map((name) => [name, '-h']),
  ]
  for (const argv of lines) {
    test(`ends with one line: ${argv.join(' ')}`, () => {
      const stdio = ['ignore', openSync('/dev/full', 'w'), 'pipe'] as const
      const ended = spawnSync(node, [cli, ...argv], { stdio: [...stdio], encoding: 'utf8' })
      assert.match(
        ended.stderr,
        /^\S+: The output cannot be written: ENOSPC.* \(GPE_OUTPUT_FAILED\)\n$/,
      )
      assert.equal(ended.status, 1)
    })
  }

  test('keeps its exit code where the disk of stderr is full', () => {
    const stdio = ['ignore', 'ignore', openSync('/dev/full', 'w')] as const
    const { status } = spawnSync(node, [cli, 'check', '--nothing'], { stdio: [...stdio] })
    assert.equal(status, 2)
  })
})
