// Bug: a stale unix socket was removed once per process. A second process that was killed meanwhile
// left a file in place.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { bind } from '../../src/endpoint/bind/binding.ts'
import { quick } from '../support/endpoint/endpoint.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'

test('An endpoint replaces the socket file of a second killed process', async (context) => {
  const path = join(await temporaryDirectory(context), 'metrics.sock')
  abandon(path)
  const server = createServer()
  let attempts = 0
  const failures: unknown[] = []
  const stop = await new Promise<() => void>((resolve) => {
    const unbind = bind({
      server,
      address: { kind: 'unix', path },
      limits: quick,
      prepare() {
        attempts += 1
        // Otherwise, the second attempt would find the path free.
        if (attempts === 2) abandon(path)
      },
      onBound: () => resolve(unbind),
      onFailed: ({ code }: NodeJS.ErrnoException) => failures.push(code),
    })
  })
  assert.deepEqual(failures, ['EADDRINUSE'])
  stop()
  server.close()
})

/** Leaves the socket file of a killed process behind. */
function abandon(path: string): void {
  const program =
    'require("net").createServer()' +
    '.listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))'
  assert.equal(spawnSync(process.execPath, ['--eval', program, path]).signal, 'SIGKILL')
  assert.ok(statSync(path).isSocket())
}
