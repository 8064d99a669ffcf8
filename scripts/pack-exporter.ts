import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const root = join(import.meta.dirname, '..')
const run = promisify(execFile)

/**
 * Packs the built package, without scripts: prepack would build again while other programs load the
 * build. @returns the path of the tarball in the directory.
 */
export async function packExporter(directory: string): Promise<string> {
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', directory]
  const { stdout } = await run('npm', args, { cwd: root })
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }]
  return join(directory, filename)
}
