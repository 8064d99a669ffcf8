import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  cleanEnvironment,
  eventually,
  freePort,
  nodeUnderTest,
} from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { command, countLines } from '../../support/programs/master.ts'
import { installed, need } from '../../support/tools.ts'

const helper = join(import.meta.dirname, '../../support/programs/terminal.py')

/** An application that writes to its stdout, as access logs do. */
const application = `
const { createServer } = require('node:http')
createServer((_, response) => { console.log('request'); response.end('ok') })
  .listen(Number(process.env.PORT), '127.0.0.1')
setInterval(() => console.log('alive'), 50)
`

interface OnTerminal {
  readonly helper: ChildProcess
  readonly port: number
  readonly log: () => string
  /** Takes the terminal away. */
  readonly hangUp: () => void
  readonly pid: () => number
}

/** Starts a master on a terminal. @param shell makes a shell command of the master's command. */
async function onTerminal(
  shell: (run: string) => string,
  act: (started: OnTerminal) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'run-terminal-'))
  const [app, log, pidFile] = ['app.cjs', 'log', 'pid'].map((name) => join(directory, name))
  writeFileSync(app ?? '', application)
  const [port, metricsPort] = [await freePort(), await freePort()]
  const words = [nodeUnderTest, command, 'run', '-w', '2', '--log-file', log, '--pid', pidFile, app]
  const run = words.map((word) => `'${word}'`).join(' ')
  const child = spawn('python3', [helper, shell(run)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: cleanEnvironment({ PORT: `${port}`, PROMETHEUS_METRICS_PORT: `${metricsPort}` }),
  })
  const pid = (): number => Number(readFileSync(pidFile ?? '', 'utf8'))
  let master = 0
  try {
    await eventually(async () => {
      master = pid()
      assert.equal((await get(port, '/')).status, 200)
    }, 30_000)
    const read = (): string => readFileSync(log ?? '', 'utf8')
    await act({ helper: child, port, log: read, hangUp: () => child.stdin?.end(), pid })
  } finally {
    child.stdin?.end()
    if (existsSync(`/proc/${master}`)) process.kill(master, 'SIGKILL')
    child.kill('SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

for (const [title, shell] of [
  ['its own', (run: string) => `exec ${run}`],
  ['an interactive shell’s', (run: string) => `bash -i -c "${run}"`],
] as const) {
  test(`A master stops when ${title} terminal goes away`, async (context) => {
    if (need(context, installed('python3', ['--version'])) === undefined) return
    await onTerminal(shell, async ({ log, hangUp, pid }) => {
      const master = pid()
      hangUp()
      await eventually(() => assert.equal(isAlive(master), false), 30_000)
      assert.equal(countLines(log(), 'The terminal of this master is gone. Stopping'), 1)
      assert.equal(countLines(log(), 'Shutting down: Master'), 1)
      assert.equal(countLines(log(), 'Booting worker'), 2)
    })
  })
}

test('A master that ignores SIGHUP stops when its output goes away', async (context) => {
  if (need(context, installed('python3', ['--version'])) === undefined) return
  await onTerminal(
    (run) => `trap '' HUP; exec ${run}`,
    async ({ log, hangUp, pid }) => {
      const master = pid()
      hangUp()
      await eventually(() => assert.equal(isAlive(master), false), 30_000)
      assert.equal(countLines(log(), 'The terminal of this master is gone. Stopping'), 1)
    },
  )
})

test('A master under nohup outlives its terminal, and serves', async (context) => {
  if (need(context, installed('nohup', ['--version'])) === undefined) return
  await onTerminal(
    (run) => `nohup ${run} >/dev/null 2>&1 & sleep 1000`,
    async ({ port, log, hangUp, pid }) => {
      const master = pid()
      hangUp()
      // A terminal that is gone shows within a look of the master at the terminal.
      await sleep(2_500)
      assert.equal(isAlive(master), true)
      assert.equal((await get(port, '/')).status, 200)
      assert.equal(countLines(log(), 'The terminal of this master is gone. Stopping'), 0)
    },
  )
})
