import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type Master, startMaster } from './master.ts'

export interface UpgradableMaster {
  readonly master: Master
  readonly pidFile: string
  readonly config: string
}

/** Starts a master of four workers with a pid file, which names the serving master. */
export async function startUpgradable(
  context: TestContext,
  source?: string,
): Promise<UpgradableMaster> {
  const directory = await mkdtemp(join(tmpdir(), 'run-upgrade-'))
  const pidFile = join(directory, 'pid')
  const config = join(directory, 'config.yml')
  await writeFile(config, 'exporter:\n  gunicorn:\n    workers: 4\n')
  const file = join(directory, 'app.cjs')
  if (source !== undefined) await writeFile(file, source)
  const master = await startMaster({
    options: ['--config', config, '--pid', pidFile],
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

export async function pidIn(file: string): Promise<number> {
  return Number(await readFile(file, 'utf8'))
}
