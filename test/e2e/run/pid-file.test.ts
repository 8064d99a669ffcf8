import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { nodeUnderTest } from '../../support/programs/app.ts'
import { startMaster, withMaster } from '../../support/programs/master.ts'

async function withPidFile(act: (pidFile: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'run-pid-'))
  try {
    await act(join(directory, 'master.pid'))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Runs a command while another program lives. */
async function beside(
  [command = '', ...args]: readonly string[],
  act: (pid: number) => Promise<void>,
): Promise<void> {
  const other = spawn(command, args, { stdio: 'ignore' })
  try {
    await act(other.pid ?? 0)
  } finally {
    other.kill('SIGKILL')
  }
}

const longLived = [nodeUnderTest, '-e', 'setInterval(() => {}, 1e6)']

/** Starts a master, waits for a worker, and returns the content of the pid file. */
async function start(pidFile: string): Promise<{ pid: number; content: string }> {
  let result = { pid: 0, content: '' }
  await withMaster({ options: ['--pid', pidFile] }, async (master) => {
    await master.serving(1)
    result = { pid: master.child.pid ?? 0, content: readFileSync(pidFile, 'utf8') }
    master.signal('SIGTERM')
    await master.ended
  })
  return result
}

test('Every user can read the pid file, whatever the umask is', async () => {
  await withPidFile(async (pidFile) => {
    const starter = ['sh', '-c', 'umask 077 && exec "$0" "$@"']
    await withMaster({ starter, options: ['--pid', pidFile] }, async (master) => {
      await master.serving(1)
      assert.equal(statSync(pidFile).mode & 0o777, 0o644)
      assert.deepEqual(readdirSync(join(pidFile, '..')), ['master.pid'])
    })
  })
})

test('A pid file whose pid belongs to another program by now does not stop a start', async () => {
  await withPidFile(async (pidFile) => {
    await beside(['sleep', '1000'], async (pid) => {
      writeFileSync(pidFile, `${pid}\n`)
      const { pid: own, content } = await start(pidFile)
      assert.equal(content, `${own}\n`)
      assert.equal(existsSync(pidFile), false)
    })
  })
})

test('A pid file that is older than the process of its pid does not stop a start', async () => {
  await withPidFile(async (pidFile) => {
    await beside(longLived, async (pid) => {
      writeFileSync(pidFile, `${pid}\n`)
      utimesSync(pidFile, new Date(), new Date(Date.now() - 3_600_000))
      const { pid: own, content } = await start(pidFile)
      assert.equal(content, `${own}\n`)
    })
  })
})

test('A pid file of a Node.js program that lives stops a start', async () => {
  await withPidFile(async (pidFile) => {
    await beside(longLived, async (pid) => {
      writeFileSync(pidFile, `${pid}\n`)
      const master = await startMaster({ options: ['--pid', pidFile] })
      assert.deepEqual(await master.ended, { code: 2, signal: null })
      assert.match(master.stderr(), new RegExp(`names process ${pid}, which is alive`))
      assert.equal(readFileSync(pidFile, 'utf8'), `${pid}\n`)
    })
  })
})
