import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { eventually } from './app.ts'
import { type Master, type MasterOptions, startMaster } from './master.ts'

export interface UpgradableMaster {
  readonly master: Master
  readonly pidFile: string
  readonly config: string
}

/** Starts a master of four workers with a pid file, which names the serving master. */
export async function startUpgradable(
  context: TestContext,
  source?: string,
  others: Pick<MasterOptions, 'env' | 'file' | 'starter'> = {},
): Promise<UpgradableMaster> {
  const directory = await mkdtemp(join(tmpdir(), 'run-upgrade-'))
  const pidFile = join(directory, 'pid')
  const config = join(directory, 'config.yml')
  await writeFile(config, 'exporter:\n  gunicorn:\n    workers: 4\n')
  const file = join(directory, 'app.cjs')
  if (source !== undefined) await writeFile(file, source)
  const master = await startMaster({
    options: ['--config', config, '--pid', pidFile],
    ...others,
    ...(source !== undefined && { file }),
  })
  context.after(async () => {
    // The last master has its own process group.
    const last = await pidIn(pidFile).catch(() => undefined)
    if (last !== undefined && last !== master.child.pid) process.kill(last, 'SIGTERM')
    await master.stop()
    await rm(directory, { recursive: true })
  })
  return { master, pidFile, config }
}

/** Sends USR2, and waits for the new master. @returns its pid. */
export async function upgrade({ pidFile }: UpgradableMaster): Promise<number> {
  const old = await pidIn(pidFile)
  process.kill(old, 'SIGUSR2')
  return await eventually(async () => {
    const found = await pidIn(pidFile)
    assert.ok(found > 0 && found !== old)
    return found
  }, 60_000)
}

/** Waits until the workers of all masters have listened so many times. */
export async function haveListened({ stdout }: Master, count: number): Promise<void> {
  await eventually(() => assert.equal(stdout().match(/^ready/gm)?.length, count), 60_000)
}

/** Waits for the end of a process. */
export async function endOf(pid: number): Promise<void> {
  await eventually(() => assert.throws(() => process.kill(pid, 0)), 60_000)
}

/** Pids of the workers that this master has forked, from the log. */
export function bootedBy({ stderr }: Master, pid: number): number[] {
  const lines = stderr().matchAll(/\[(\d+)\] \[INFO\] Booting worker with pid: (\d+)/g)
  return Array.from(lines)
    .filter(([, by]) => Number(by) === pid)
    .map(([, , worker]) => Number(worker))
}

export async function pidIn(file: string): Promise<number> {
  return Number(await readFile(file, 'utf8'))
}
