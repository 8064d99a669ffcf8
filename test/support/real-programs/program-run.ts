import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually, freePort } from '../programs/app.ts'
import { type Master, startMaster } from '../programs/master.ts'
import { sum } from '../prometheus/page.ts'
import type { PlainEnd } from './plain-end.ts'
import { type ProgramLoad, programLoad } from './program-load.ts'
import type { ReadyProgram } from './program-place.ts'
import { alarms, countHooks, ownLines } from './shutdown-text.ts'

export const workers = 2
/** Requests of a worker until its end, in the stage of `max_requests`. */
const maxRequests = 100
/** Requests before and after a signal. */
const enough = 50
/** A worker that ends later is killed, and the test fails. */
const gracefulTimeoutSeconds = 15

/** A program under a master, and the same program's end in plain Node.js. */
export class ProgramRun {
  readonly #program: ReadyProgram
  readonly #plain: PlainEnd
  readonly #port: number
  readonly #master: Master

  private constructor(program: ReadyProgram, plain: PlainEnd, started: Started) {
    this.#program = program
    this.#plain = plain
    this.#port = started.port
    this.#master = started.master
  }

  static async start(program: ReadyProgram, plain: PlainEnd): Promise<ProgramRun> {
    const port = await freePort()
    await writeConfig(program, { workers, max_requests: maxRequests })
    const flags = ['--config', configOf(program)]
    const master = await startMaster({
      file: program.file,
      options: [...flags, '--graceful-timeout', String(gracefulTimeoutSeconds)],
      args: program.args(port),
      env: { ...program.env(port) },
      cwd: program.directory,
    })
    try {
      await master.serving(workers)
    } catch (error) {
      await master.stop()
      throw error
    }
    return new ProgramRun(program, plain, { port, master })
  }

  async stop(): Promise<void> {
    await this.#master.stop()
  }

  async maxRequests(): Promise<void> {
    await this.#stage(async () => {
      const before = this.#ends()
      await eventually(() => assert.ok(this.#ends() >= before + workers), 90_000)
    })
    await this.#serves(workers)
    await writeConfig(this.#program, { workers })
    // A booting replacement would end without its hooks at the next reload.
    await this.#reload()
    await this.#serves(workers)
  }

  async hup(): Promise<void> {
    await this.#stage(async (load) => {
      await more(load)
      await this.#reload()
      await more(load)
    })
    await this.#serves(workers)
  }

  async ttou(): Promise<void> {
    await this.#stage(async (load) => {
      await more(load)
      this.#master.signal('SIGTTOU')
      await this.#master.serving(workers - 1)
      await more(load)
    })
    await this.#serves(workers - 1)
  }

  async term(): Promise<void> {
    await this.#stage(async (load) => {
      await more(load)
      load.expectEnd()
      this.#master.signal('SIGTERM')
      assert.deepEqual(await this.#master.ended, { code: 0, signal: null })
    })
  }

  async #reload(): Promise<void> {
    const old = this.#master.workers()
    this.#master.signal('SIGHUP')
    await eventually(() => {
      const now = this.#master.workers()
      assert.ok(old.every((pid) => !now.includes(pid)))
    }, 90_000)
  }

  /** Acts under load, and checks each end of a worker since. */
  async #stage(act: (load: ProgramLoad) => Promise<void>): Promise<void> {
    const { row } = this.#program
    const stderrBefore = this.#master.stderr().length
    const before = this.#hooks()
    const endsBefore = this.#ends()
    const load = programLoad(this.#program.target(this.#port), row)
    let ended: Awaited<ReturnType<ProgramLoad['stop']>> | undefined
    try {
      await act(load)
    } finally {
      ended = await load.stop()
    }
    const log = (): string => this.#master.stderr().slice(stderrBefore)
    assert.deepEqual(ended.failures, [], log())
    await eventually(() => {
      const ends = this.#ends() - endsBefore
      const expected = this.#plain.hooks.map((count) => count * ends)
      const seen = this.#hooks().map((count, index) => count - (before[index] ?? 0))
      assert.ok(ends > 0)
      assert.deepEqual(seen, expected, `hooks of ${ends} ends, see ${this.#master.stdout()}`)
    })
    assert.deepEqual(alarms(log()), [])
    const unknown = ownLines(row, log()).filter((line) => !this.#plain.stderr.includes(line))
    assert.deepEqual(unknown, [])
  }

  /** Every end since the start was graceful. */
  async #serves(count: number): Promise<void> {
    await this.#master.serving(count)
    await eventually(async () => {
      const page = await this.#master.page()
      const name = 'gunicorn_worker_restart_count_total'
      assert.equal(sum(page, name, { restart_type: 'graceful' }), this.#ends())
      assert.equal(sum(page, name), this.#ends())
    })
  }

  #ends(): number {
    return this.#booted() - this.#master.workers().length
  }

  #booted(): number {
    return this.#master.stderr().split('] Booting worker with pid').length - 1
  }

  #hooks(): number[] {
    return countHooks(this.#program.row, this.#master.stdout() + this.#master.stderr())
  }
}

interface Started {
  readonly port: number
  readonly master: Master
}

async function more(load: ProgramLoad): Promise<void> {
  const wanted = load.completed() + enough
  await eventually(() => assert.ok(load.completed() >= wanted), 60_000)
}

function configOf({ directory }: ReadyProgram): string {
  return join(directory, 'gunicorn.yml')
}

async function writeConfig(
  program: ReadyProgram,
  settings: Readonly<Record<string, number>>,
): Promise<void> {
  const lines = Object.entries(settings).map(([name, value]) => `    ${name}: ${value}\n`)
  await writeFile(configOf(program), `exporter:\n  gunicorn:\n${lines.join('')}`)
}
