import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestFile } from './test-file.ts'

/** How a process gets the preload: as `--require`, or in `NODE_OPTIONS`. */
export const modes = ['argv', 'env'] as const
export type Mode = (typeof modes)[number]

export interface Run {
  readonly node: string
  readonly preload: string
  /** Undefined: without the preload. */
  readonly mode: Mode | undefined
  /** Number of the job, from 0. Jobs have ports and folders of their own. */
  readonly job: number
}

export interface Outcome {
  /** `skipped`, or exit code, signal or `timeout` with the counts of tests that the file prints. */
  readonly result: string
  /** The end of stdout and stderr. */
  readonly output: string
}

const timeoutMs = 120_000
const keptOutput = 4_000
const firstPort = 21_000

/** Runs a test file once. Ends all processes of the file afterwards. */
export async function runFile(file: TestFile, run: Run): Promise<Outcome> {
  const directory = mkdtempSync(join(tmpdir(), 'foreign-tests-'))
  const child = spawn(run.node, [...preloadArguments(run), ...file.args], {
    cwd: file.cwd ?? directory,
    env: environmentOf(run, directory),
    // A process group of its own: leftover children end with the test.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const keep = (data: Buffer): void => {
    output = (output + data.toString()).slice(-keptOutput)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const ended = new Promise<string>((done) => {
    child.once('exit', (code, signal) => done(signal ?? String(code)))
    child.once('error', (error) => done(error.message))
    setTimeout(done, timeoutMs, 'timeout').unref()
  })
  const end = await ended
  endGroup(child.pid)
  rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
  return { result: resultOf(end, output), output }
}

function preloadArguments({ mode, preload }: Run): string[] {
  return mode === 'argv' ? ['--require', preload] : []
}

function environmentOf({ mode, preload, job }: Run, directory: string): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...rest } = process.env
  return {
    ...rest,
    NODE_TEST_DIR: directory,
    TEST_THREAD_ID: String(job),
    TEST_SERIAL_ID: '0',
    NODE_COMMON_PORT: String(firstPort + 100 * job),
    PROMETHEUS_METRICS_PORT: '0',
    PROMETHEUS_BIND_ADDRESS: '127.0.0.1',
    ...(mode === 'env' ? { NODE_OPTIONS: `--require ${preload}` } : {}),
  }
}

/** Counts of passed and failed tests, as mocha, TAP and `node --test` print them. */
const counts = [/^ *\d+ passing/m, /^ *\d+ failing/m, /^# pass +\d+/m, /^# fail +\d+/m]

function resultOf(end: string, output: string): string {
  if (end === '0' && /^1\.\.0 # Skipped/m.test(output)) return 'skipped'
  const found = counts.flatMap((pattern) => output.match(pattern)?.[0].trim() ?? [])
  return [end === '0' ? 'ok' : end, ...found].join(', ')
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // The group has ended.
  }
}
