import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

export type Outcome = 'passed' | 'failed' | 'timed out'

export interface TestRun {
  /** Relative to the root. */
  readonly test: string
  readonly limitMs: number
  /** The file whose text differs in this run. */
  readonly file: string
  readonly text: string
}

const textName = 'mutant.ts'
const replaceSource = new URL('replace-source.mjs', import.meta.url).href

/** Runs tests in processes of their own, and leaves no process and no file behind. */
export class TestProcesses {
  readonly #root: string
  readonly #directory = mkdtempSync(join(tmpdir(), 'mutants-'))
  readonly #running = new Map<string, ChildProcess>()
  #started = 0

  constructor(root: string) {
    this.#root = root
  }

  /** Ends at the first failed test. */
  async run({ test, limitMs, file, text }: TestRun): Promise<Outcome> {
    this.#started += 1
    // Some tests bind unix sockets below the temporary directory, so its path is short.
    const directory = join(this.#directory, String(this.#started))
    mkdirSync(directory)
    const textFile = join(directory, textName)
    writeFileSync(textFile, text)
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    const child = spawn(process.execPath, ['--test-reporter=tap', test], {
      cwd: this.#root,
      env: {
        ...env,
        TMPDIR: directory,
        NODE_OPTIONS: `--import=${replaceSource}`,
        MUTANT_URL: pathToFileURL(join(this.#root, file)).href,
        MUTANT_TEXT_FILE: textFile,
      },
      stdio: ['ignore', 'pipe', 'ignore'],
      // A process group of its own, which ends as a whole.
      detached: true,
    })
    this.#running.set(directory, child)
    try {
      return await outcomeOf(child, limitMs)
    } finally {
      this.#clear(directory, child)
    }
  }

  /** Ends what runs. Synchronous, for the end of the process. */
  close(): void {
    for (const [directory, child] of this.#running) this.#clear(directory, child)
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #clear(directory: string, { pid }: ChildProcess): void {
    this.#running.delete(directory)
    if (pid !== undefined) kill(-pid)
    for (const other of processesWith(`MUTANT_TEXT_FILE=${join(directory, textName)}`)) kill(other)
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
  }
}

async function outcomeOf(child: ChildProcess, limitMs: number): Promise<Outcome> {
  return await new Promise((resolve) => {
    const timer = setTimeout(() => resolve('timed out'), limitMs)
    let lastLine = ''
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      const text = lastLine + chunk
      if (/^ *not ok /m.test(text)) resolve('failed')
      lastLine = text.slice(text.lastIndexOf('\n') + 1)
    })
    child.once('error', () => resolve('failed'))
    child.once('exit', (code) => {
      clearTimeout(timer)
      resolve(code === 0 ? 'passed' : 'failed')
    })
  })
}

/** Processes that inherited a variable, also those that left the process group. Linux only. */
function processesWith(variable: string): number[] {
  return readable(() => readdirSync('/proc'))
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => readable(() => environmentOf(name)).includes(variable))
    .map(Number)
}

function environmentOf(pid: string): string[] {
  return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
}

function readable(read: () => string[]): string[] {
  try {
    return read()
  } catch {
    return []
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // The process has ended.
  }
}
