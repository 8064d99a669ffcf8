import assert from 'node:assert/strict'
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { eventually, freePort, startApp } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { command } from '../../support/programs/master.ts'

const source = `
const { createServer } = require('node:http')
const { COLOR, SIZE } = process.env
const answer = JSON.stringify([process.cwd(), COLOR, SIZE, process.umask()])
createServer((_, response) => response.end(answer)).listen(Number(process.env.PORT), '127.0.0.1')
`

test('runMaster takes directory, variables and umask, and HUP reads the file again', async () => {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'run-master-')))
  const variables = join(directory, 'variables.env')
  writeFileSync(join(directory, 'app.cjs'), source)
  writeFileSync(variables, 'SIZE=1\n')
  const port = await freePort()
  const app = await startApp({
    file: 'apps/run/own-master-place.mjs',
    preload: 'none',
    args: [directory, variables],
    env: {
      PORT: String(port),
      PACKAGE: pathToFileURL(join(dirname(command), 'run-master.mjs')).href,
    },
  })
  const answers = (size: string): Promise<void> =>
    eventually(async () => {
      const { body } = await get(port, '/')
      assert.deepEqual(JSON.parse(body), [directory, 'a=b', size, 0o027])
    }, 30_000)
  try {
    await answers('1')
    writeFileSync(variables, 'SIZE=2\n')
    app.child.kill('SIGHUP')
    await answers('2')
  } finally {
    await app.stop()
    rmSync(directory, { recursive: true, force: true })
  }
})
