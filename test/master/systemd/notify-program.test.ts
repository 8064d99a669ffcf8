import assert from 'node:assert/strict'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { notifyBy } from '../../../src/master/systemd/notify-program.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

async function program(context: TestContext, script: string): Promise<string> {
  const path = join(await temporaryDirectory(context), 'program')
  await writeFile(path, `#!/bin/sh\n${script}\n`)
  await chmod(path, 0o755)
  return path
}

async function faultOf(path: string, lines: readonly string[]): Promise<string | undefined> {
  return await new Promise((resolve) => {
    notifyBy(path, '/run/notify')(lines, resolve)
  })
}

describe('notifyBy', () => {
  test('gives the program the lines, and the socket as the only variable', async (context) => {
    const path = await program(context, 'printf "%s|" "$@" "$NOTIFY_SOCKET" "$HOME" > "$0.out"')
    assert.equal(await faultOf(path, ['READY=1', 'STATUS=4 of 4']), undefined)
    assert.equal(await readFile(`${path}.out`, 'utf8'), 'READY=1|STATUS=4 of 4|/run/notify||')
  })

  test('tells what the program wrote, or how the program ended', async (context) => {
    assert.equal(await faultOf(await program(context, 'echo no bus >&2; exit 1'), []), 'no bus')
    const path = await program(context, 'kill -TERM $$')
    assert.equal(await faultOf(path, []), 'systemd-notify ended with SIGTERM')
  })

  test('tells that the program does not start', async () => {
    assert.match((await faultOf('/nowhere/systemd-notify', ['READY=1'])) ?? '', /ENOENT/)
  })

  test('tells that a line cannot be an argument', async (context) => {
    const path = await program(context, 'true')
    assert.match((await faultOf(path, ['STATUS=\0'])) ?? '', /null bytes/)
  })
})
