// Bug: `run` wrote its pid file before it checked the rest of the command line. A refused command
// left the file.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { cleanEnvironment, nodeUnderTest } from '../support/programs/app.ts'
import { command } from '../support/programs/master.ts'

test('A refused run command leaves no pid file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'run-options-'))
  try {
    const pid = join(directory, 'pid')
    const argv = [command, 'run', '--pid', pid, 'no-such-file.js']
    const { status } = spawnSync(nodeUnderTest, argv, { env: cleanEnvironment(), timeout: 60_000 })
    assert.equal(status, 2)
    assert.equal(existsSync(pid), false)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})
