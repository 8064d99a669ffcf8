import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { commandsOf, copyExample, packExporter } from './examples/example-copy.ts'

/*
 * Runs an example of a clone: packs the package, copies the example to a temporary directory, and
 * runs the first command of the example's README there.
 */

const [name = ''] = process.argv.slice(2)
const names = await namesOfExamples()

if (names.includes(name)) await start()
else {
  process.stderr.write(`Usage: npm run example NAME\n\nNAME is one of: ${names.join(', ')}\n`)
  process.exitCode = 2
}

async function namesOfExamples(): Promise<readonly string[]> {
  const folder = join(import.meta.dirname, '../examples')
  const entries = await readdir(folder, { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
}

async function start(): Promise<void> {
  const [command = ''] = await commandsOf(name)
  const parent = await mkdtemp(join(tmpdir(), 'gunicorn-prometheus-exporter-example-'))
  try {
    const directory = join(parent, name)
    await copyExample({ name, directory, tarball: await packExporter(parent) })
    process.stderr.write(`Until its end, the example is in ${directory}\n\n$ ${command}\n`)
    process.exitCode = await runToEnd(command, directory)
  } finally {
    await rm(parent, { recursive: true, force: true })
  }
}

/** Ctrl-C reaches the command without this script, which waits for the end of the command. */
async function runToEnd(command: string, cwd: string): Promise<number> {
  const child = spawn('sh', ['-c', command], { cwd, stdio: 'inherit' })
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  const [code] = (await once(child, 'close')) as [number | null]
  return code ?? 1
}
