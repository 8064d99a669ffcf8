import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '../../examples')
const exporter = 'gunicorn-prometheus-exporter'

export interface ExampleCopy {
  /** A folder in `examples`. */
  readonly name: string
  /** Does not exist. */
  readonly directory: string
  readonly tarball: string
}

/** Copies an example. The copy installs the tarball, where the example names a version. */
export async function copyExample({ name, directory, tarball }: ExampleCopy): Promise<void> {
  await cp(join(folder, name), directory, { recursive: true })
  const file = join(directory, 'package.json')
  const manifest = JSON.parse(await readFile(file, 'utf8')) as Manifest
  const dependencies = { ...manifest.dependencies, [exporter]: `file:${tarball}` }
  await writeFile(file, JSON.stringify({ ...manifest, dependencies }, undefined, 2))
}

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>
}

/** The commands in the blocks of shell code of the README of an example, one text per block. */
export async function commandsOf(name: string): Promise<readonly string[]> {
  const text = await readFile(join(folder, name, 'README.md'), 'utf8')
  return Array.from(text.matchAll(/^```sh\n([\s\S]*?)^```$/gm), ([, block = '']) => block)
}
