import { type ChildProcess, spawn } from 'node:child_process'
import type { Cluster, Worker } from 'node:cluster'
import { masterLimits } from '../../limits/master.ts'
import type { GunicornLog } from '../../log/gunicorn-log.ts'
import { coded } from '../../model/errors/coded-text.ts'
import { readProcessStat } from '../../support/process/process-stat.ts'
import { guardScript } from './guard-script.ts'

export interface OrphanGuardOptions {
  readonly cluster: Pick<Cluster, 'on'>
  readonly log: Pick<GunicornLog, 'write'>
  /** Default: `/bin/sh`. */
  readonly shell?: string
}

/**
 * A small process that ends the workers when the master was killed. A worker notices the end of the
 * master in its event loop. A worker with a blocked event loop would live on. The process reads the
 * workers from a pipe of the master, and waits for the end of the pipe.
 */
export class OrphanGuard {
  readonly #options: OrphanGuardOptions
  /** By pid, with the start time: another program can get the pid of an ended worker. */
  readonly #workers = new Map<number, string>()
  #process: ChildProcess | undefined
  #starts = 0

  /** @returns undefined where the system ends the workers, or has no `/proc`. */
  static start(options: OrphanGuardOptions): OrphanGuard | undefined {
    // The end of process 1 ends every process of the container.
    if (process.platform !== 'linux' || process.pid === 1) return undefined
    return new OrphanGuard(options)
  }

  private constructor(options: OrphanGuardOptions) {
    this.#options = options
    options.cluster.on('fork', (worker) => this.#add(worker))
    this.#start()
  }

  /** The pid of the process; undefined where the process could not start. */
  get pid(): number | undefined {
    return this.#process?.pid
  }

  #add({ process: child }: Pick<Worker, 'process'>): void {
    const { pid } = child
    const stat = pid === undefined ? undefined : readProcessStat(pid)
    if (pid === undefined || !stat) return
    this.#workers.set(pid, stat.startTicks)
    child.once('exit', () => {
      this.#workers.delete(pid)
      this.#tell()
    })
    this.#tell()
  }

  #start(): void {
    this.#starts += 1
    const { log, shell = '/bin/sh' } = this.#options
    const child = spawn(shell, ['-c', guardScript, 'orphan-guard'], {
      // The guard keeps no terminal, log or directory of the master.
      stdio: ['pipe', 'ignore', 'ignore'],
      cwd: '/',
      env: { PATH: '/usr/bin:/bin' },
      // A signal to the process group of the master must not end the guard.
      detached: true,
    })
    this.#process = child
    child.unref()
    child.on('error', ({ message }) => {
      this.#process = undefined
      log.write('info', `The guard of the workers does not start: ${message}`)
    })
    child.on('exit', () => this.#ended())
    const { stdin } = child
    // The guard has ended.
    stdin?.on('error', () => {})
    stdin?.on('drain', () => this.#tell())
    if (stdin && 'unref' in stdin && typeof stdin.unref === 'function') stdin.unref()
    this.#tell()
  }

  #ended(): void {
    this.#process = undefined
    if (this.#starts < masterLimits.guardStarts) this.#start()
    else this.#options.log.write('warning', coded('GPE_ORPHAN_GUARD', guardText))
  }

  /** Each line replaces the line before. A guard that does not read gets the latest line later. */
  #tell(): void {
    const stdin = this.#process?.stdin
    if (!stdin?.writable || stdin.writableNeedDrain) return
    const workers = Array.from(this.#workers, ([pid, ticks]) => `${pid}:${ticks}`)
    stdin.write(`${workers.join(' ')}\n`)
  }
}

const guardText = 'The guard of the workers has ended twice'
