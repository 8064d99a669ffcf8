import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import {
  homeVariables,
  killPrograms,
  programsOf,
  readerEnvironment,
} from '../../support/examples/started-example.ts'
import {
  cleanEnvironment,
  eventually,
  fetchText,
  freePort,
  nodeUnderTest,
  startProgram,
} from '../../support/programs/app.ts'
import { type Belongings, latestFirst } from '../../support/programs/belongings.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { installed, need } from '../../support/tools.ts'

const script = join(import.meta.dirname, '../../../scripts/example.ts')
const terminal = join(import.meta.dirname, '../../support/programs/terminal.py')

interface ScriptRun {
  /** How many processes have series on the page. */
  readonly workers: number
  readonly command: readonly string[]
  readonly end: (child: ChildProcess) => void
}

const direct = [process.execPath, script]
const onTerminal = ['python3', terminal, `exec ${process.execPath} ${script} pm2`]

function pressControlC({ pid }: ChildProcess): void {
  assert.ok(pid)
  process.kill(-pid, 'SIGINT')
}

interface StartedScript {
  readonly child: ChildProcess
  readonly temporary: string
  readonly page: () => Promise<string>
  readonly log: () => string
  /** Waits for the end of the script, and asserts that nothing is left. */
  readonly leavesNothing: () => Promise<void>
}

/** Starts the script in a process group of its own. */
async function startScript(
  context: Belongings,
  command: readonly string[],
): Promise<StartedScript> {
  const [home, temporary] = [await temporaryDirectory(context), await temporaryDirectory(context)]
  const [port, metricsPort] = [String(await freePort()), String(await freePort())]
  const env = readerEnvironment({
    ...{ PORT: port, PROMETHEUS_METRICS_PORT: metricsPort, PROMETHEUS_BIND_ADDRESS: '127.0.0.1' },
    ...{ PM2_DISABLE_VERSION_CHECK: 'true', TMPDIR: temporary, ...homeVariables(home) },
  })
  const [file = '', ...args] = command
  const options = { env: cleanEnvironment(env), detached: true } as const
  const child = spawn(file, args, { ...options, stdio: ['pipe', 'ignore', 'pipe'] })
  const ended = once(child, 'close')
  context.after(() => killPrograms(env))
  let log = ''
  child.stderr.on('data', (data) => {
    log += data
  })
  const page = async (): Promise<string> =>
    await fetchText(`http://127.0.0.1:${metricsPort}/metrics`)
  return {
    ...{ child, temporary, page },
    log: () => log,
    async leavesNothing() {
      await ended
      assert.deepEqual(await examplesIn(temporary), [])
      await assert.rejects(page())
      // PM2's daemon is in no process group that the script waits for.
      await eventually(() => assert.deepEqual(programsOf(env), [], log))
      assert.deepEqual(await readdir(home), [])
    },
  }
}

async function runScript(context: Belongings, run: ScriptRun): Promise<void> {
  const { child, temporary, page, log, leavesNothing } = await startScript(context, run.command)
  await eventually(async () => {
    if (child.exitCode !== null) return
    assert.equal((await page()).match(/^gunicorn_worker_info/gm)?.length, run.workers)
  }, 120_000)
  assert.equal(child.exitCode, null, log())
  assert.equal((await examplesIn(temporary)).length, 1)
  run.end(child)
  await leavesNothing()
}

/** npm can have other files there. */
async function examplesIn(temporary: string): Promise<readonly string[]> {
  return (await readdir(temporary)).filter((name) => name.includes('-example-'))
}

test('The script runs an example until Ctrl-C, and leaves nothing', async (context) => {
  const run = { workers: 1, command: [...direct, 'single'] } as const
  await runScript(latestFirst(context), { ...run, end: pressControlC })
})

test('The script runs an example until SIGTERM, and leaves nothing', async (context) => {
  const run = { workers: 1, command: [...direct, 'single'] } as const
  await runScript(latestFirst(context), { ...run, end: (child) => child.kill('SIGTERM') })
})

test('The script runs PM2 until Ctrl-C, and leaves no daemon and no ~/.pm2', async (context) => {
  const run = { workers: 2, command: [...direct, 'pm2'] } as const
  await runScript(latestFirst(context), { ...run, end: pressControlC })
})

test('The script ends PM2’s daemon after its terminal is closed', async (context) => {
  if (need(context, installed('python3', ['--version'])) === undefined) return
  const run = { workers: 2, command: onTerminal } as const
  await runScript(latestFirst(context), { ...run, end: (child) => child.stdin?.end() })
})

for (const [signal, end] of [
  ['Ctrl-C', pressControlC],
  ['SIGTERM', (child: ChildProcess) => child.kill('SIGTERM')],
] as const) {
  test(`The script leaves nothing at ${signal} before the example runs`, async (context) => {
    const script = await startScript(latestFirst(context), [...direct, 'single'])
    await eventually(async () => assert.equal((await examplesIn(script.temporary)).length, 1))
    end(script.child)
    await script.leavesNothing()
    assert.equal(script.child.exitCode, 1)
    assert.doesNotMatch(script.log(), /Until its end|Error/)
  })
}

test('The script lists the examples for an unknown name', async () => {
  const program = startProgram([process.execPath, script, 'none'], { PATH: dirname(nodeUnderTest) })
  assert.deepEqual(await program.ended, { code: 2, signal: null })
  assert.match(program.stderr(), /one of: cluster, .*express, /)
})
