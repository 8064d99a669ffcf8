import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { EndSignals } from './examples/end-signals.ts'
import { commandsOf, copyExample } from './examples/example-copy.ts'
import { packExporter } from './pack-exporter.ts'

/*
 * Runs an example of a clone: packs the package, copies the example to a temporary directory, and
 * runs the first command of the example's README there.
 */

const stop = 'npm stop'
const [name = ''] = process.argv.slice(2)
const names = await namesOfExamples()

if (names.includes(name)) await start()
else {
  process.stderr.write(`Usage: npm run example NAME\n\nNAME is one of: ${names.join(', ')}\n`)
  process.exitCode = 2
}

async function namesOfExamples(): Promise<readonly string[]> {
  const folder = join(import.meta.dirname, '../examples')
  return (await readdir(folder)).filter((each) => existsSync(join(folder, each, 'package.json')))
}

async function start(): Promise<void> {
  const ends = new EndSignals()
  const parent = await mkdtemp(join(tmpdir(), 'gunicorn-prometheus-exporter-example-'))
  try {
    process.exitCode = await runExample(parent, ends)
  } catch (error) {
    // Ctrl-C ends npm, too.
    if (!ends.haveCome) throw error
    process.exitCode = 1
  } finally {
    await rm(parent, { recursive: true, force: true })
  }
}

/** @returns the exit code. */
async function runExample(parent: string, ends: EndSignals): Promise<number> {
  const [command = '', ...others] = (await commandsOf(name)).map((text) => text.trim())
  const directory = join(parent, name)
  await copyExample({ name, directory, tarball: await packExporter(parent) })
  if (ends.haveCome) return 1
  process.stderr.write(`Until its end, the example is in ${directory}\n\n$ ${command}\n`)
  const code = await runToEnd(command, directory, ends)
  if (!(others.includes(stop) && existsSync(join(directory, '.pm2')))) return code
  // PM2 runs an example in the background, with a daemon in the directory that this script removes.
  // The daemon must end first, even if the start of the example has failed.
  if (code === 0 && !ends.haveCome) {
    process.stderr.write(`\nPM2 has the example in the background. Ctrl-C runs ${stop}.\n`)
    await ends.first()
  }
  const stopCode = await runToEnd(stop, directory, ends)
  return code || stopCode
}

/**
 * Runs a command, hands signals on, and waits until no process of the command is left. The command
 * has a process group of its own: after a signal to its shell alone, the application would stay.
 */
async function runToEnd(command: string, cwd: string, ends: EndSignals): Promise<number> {
  // npm and PM2 fail when they write to a closed terminal.
  const stdio = canWrite() ? 'inherit' : 'ignore'
  const child = spawn('sh', ['-c', command], { cwd, stdio, detached: true })
  ends.receiver = (signal) => void signalGroup(child.pid, signal)
  const [code] = (await once(child, 'close')) as [number | null]
  while (signalGroup(child.pid, 0)) await sleep(20)
  ends.receiver = undefined
  return code ?? 1
}

function canWrite(): boolean {
  try {
    for (const descriptor of [1, 2]) writeSync(descriptor, '')
    return true
  } catch {
    return false
  }
}

/** @returns whether the group has a process. The signal 0 only asks. */
function signalGroup(pid: number | undefined, signal: NodeJS.Signals | 0): boolean {
  if (pid === undefined) return false
  try {
    return process.kill(-pid, signal)
  } catch {
    return false
  }
}
