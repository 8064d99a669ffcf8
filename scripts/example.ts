import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { commandsOf, copyExample } from './examples/example-copy.ts'
import { packExporter } from './pack-exporter.ts'

/*
 * Runs an example of a clone: packs the package, copies the example to a temporary directory, and
 * runs the first command of the example's README there.
 */

const stop = 'npm stop'
/** Ctrl-C, the end by another program, and a closed terminal. */
const ends = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
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
  const [command = '', ...others] = (await commandsOf(name)).map((text) => text.trim())
  const parent = await mkdtemp(join(tmpdir(), 'gunicorn-prometheus-exporter-example-'))
  try {
    const directory = join(parent, name)
    await copyExample({ name, directory, tarball: await packExporter(parent) })
    process.stderr.write(`Until its end, the example is in ${directory}\n\n$ ${command}\n`)
    process.exitCode = await runToEnd(command, directory)
    if (others.includes(stop) && existsSync(join(directory, '.pm2'))) await endDaemon(directory)
  } finally {
    await rm(parent, { recursive: true, force: true })
  }
}

/**
 * PM2 runs an example in the background, with a daemon in the directory that this script removes.
 * The daemon must end first, even if the start of the example has failed.
 */
async function endDaemon(directory: string): Promise<void> {
  if (process.exitCode === 0) {
    process.stderr.write(`\nPM2 has the example in the background. Ctrl-C runs ${stop}.\n`)
    const waiting = setInterval(() => undefined, 60_000)
    await Promise.race(ends.map((signal) => once(process, signal)))
    clearInterval(waiting)
  }
  const code = await runToEnd(stop, directory)
  process.exitCode ||= code
}

/**
 * Runs a command, hands signals on, and waits until no process of the command is left. The command
 * has a process group of its own: after a signal to its shell alone, the application would stay.
 */
async function runToEnd(command: string, cwd: string): Promise<number> {
  // npm and PM2 fail at their first line for a closed terminal.
  const stdio = canWrite() ? 'inherit' : 'ignore'
  const child = spawn('sh', ['-c', command], { cwd, stdio, detached: true })
  const handOn = (signal: NodeJS.Signals): void => void signalGroup(child.pid, signal)
  for (const signal of ends) process.on(signal, handOn)
  const [code] = (await once(child, 'close')) as [number | null]
  while (signalGroup(child.pid, 0)) await sleep(20)
  for (const signal of ends) process.off(signal, handOn)
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
