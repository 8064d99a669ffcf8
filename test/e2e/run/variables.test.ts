import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { endGroup, eventually } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { countLines, type Master, withMaster } from '../../support/programs/master.ts'

const source = `
const { createServer } = require('node:http')
const { SHADE, SIZE, GIVEN } = process.env
const answer = JSON.stringify([SHADE ?? null, SIZE ?? null, GIVEN ?? null])
createServer((_, response) => response.end(answer)).listen(Number(process.env.PORT), '127.0.0.1')
`

async function withFiles(act: (file: string, variables: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'run-variables-'))
  try {
    const file = join(directory, 'app.cjs')
    writeFileSync(file, source)
    await act(file, join(directory, 'variables.env'))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function answers({ port, stderr }: Master, expected: unknown): Promise<void> {
  await eventually(async () => {
    assert.deepEqual(JSON.parse((await get(port, '/')).body), expected, stderr())
  }, 30_000)
}

async function throughUpgrade(master: Master, act: () => Promise<void>): Promise<void> {
  master.signal('SIGUSR2')
  let pid = 0
  await eventually(() => {
    pid = Number(/beside this master, pid (\d+)/.exec(master.stderr())?.[1])
    assert.match(master.stderr(), new RegExp(`\\[${pid}\\] \\[INFO\\] Booting worker`))
  }, 30_000)
  try {
    master.signal('SIGTERM')
    await act()
  } finally {
    endGroup({ pid })
  }
}

for (const [title, options] of [
  ['the option of run', (path: string) => ({ options: ['--env-file', path] })],
  ['Node’s option', (path: string) => ({ nodeArgs: [`--env-file=${path}`] })],
] as const) {
  test(`The file of --env-file, ${title}, is read again at HUP and at USR2`, async () => {
    await withFiles(async (file, path) => {
      writeFileSync(path, 'SHADE=red\nSIZE="1 2"\nGIVEN=file\n')
      const given = options(path)
      await withMaster({ file, env: { GIVEN: 'system' }, ...given }, async (master) => {
        await answers(master, ['red', '1 2', 'system'])
        writeFileSync(path, 'SHADE=green\nGIVEN=file\n')
        master.signal('SIGHUP')
        await answers(master, ['green', null, 'system'])
        rmSync(path)
        master.signal('SIGHUP')
        await eventually(() => assert.equal(countLines(master.stderr(), 'Cannot reload'), 1))
        await answers(master, ['green', null, 'system'])
        writeFileSync(path, 'SHADE=blue\nSIZE=3\n')
        await throughUpgrade(master, () => answers(master, ['blue', '3', 'system']))
      })
    })
  })
}

test('A reload without the application has the code of its cause, and its own last', async () => {
  await withFiles(async (file) => {
    await withMaster({ file }, async (master) => {
      await answers(master, [null, null, null])
      rmSync(file)
      master.signal('SIGHUP')
      const codes = / does not exist\. \(GPE_NO_APPLICATION\) \(GPE_RELOAD_REFUSED\)$/m
      await eventually(() => assert.match(master.stderr(), codes))
    })
  })
})

test('Variables of --env win over all, reach the settings, and outlive HUP', async () => {
  await withFiles(async (file, path) => {
    writeFileSync(path, 'SHADE=red\nGUNICORN_WORKERS=3\n')
    const variables = ['-e', 'SHADE=a=b', '--env', 'GIVEN=option', '--env', 'SIZE=']
    const options = ['--env-file', path, ...variables]
    await withMaster({ file, options, env: { GIVEN: 'system' } }, async (master) => {
      await master.serving(3)
      await answers(master, ['a=b', '', 'option'])
      writeFileSync(path, 'GUNICORN_WORKERS=2\n')
      master.signal('SIGHUP')
      await master.serving(2)
      await answers(master, ['a=b', '', 'option'])
    })
  })
})
