// Bug: `run --check-config` called a module of hooks valid that `run` refused.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { cleanEnvironment, nodeUnderTest } from '../../support/programs/app.ts'
import { command } from '../../support/programs/master.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

const wrong = 'exports.whenRedy = () => {}\nexports.worker_exit = 5\nexports.helper = () => {}\n'

test('run --check-config refuses hooks as run does, with the other faults', async (context) => {
  const file = join(await temporaryDirectory(context), 'hooks.cjs')
  const check = (...options: string[]): string => {
    const args = [command, 'run', '--check-config', '--hooks', file, ...options, 'app.js']
    const { stdout, stderr } = spawnSync(nodeUnderTest, args, {
      encoding: 'utf8',
      env: cleanEnvironment(),
    })
    return stdout + stderr
  }
  writeFileSync(file, wrong)
  const text = check('--workers', 'many')
  for (const part of [
    /whenRedy is not a hook; did you mean when_ready\?/,
    /worker_exit is of type number; allowed is a function/,
    /helper is not a hook/,
    /--workers is "many"/,
  ]) {
    assert.match(text, part)
  }
  writeFileSync(file, 'throw new Error("broken")\n')
  assert.match(check(), /cannot load the hooks .*broken/)
  writeFileSync(file, 'exports.when_ready = () => {}\n')
  assert.equal(check(), 'The configuration is valid.\n')
})
