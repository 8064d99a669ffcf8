import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The file of the build with the licenses of all packages whose code is in the built files. */
const licensesFile = 'dist/third-party-licenses.txt'

/** Directories of packages, from the paths of bundled modules. */
const directories = new Set<string>()

/** Notes which packages a bundle contains. */
export function noteModules(modules: readonly string[]): void {
  for (const module of modules) {
    const directory = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(module)?.[0]
    if (directory !== undefined) directories.add(directory)
  }
}

/** Writes each license with the packages that have it. */
export async function writeLicenses(): Promise<void> {
  const packages = new Map<string, Set<string>>()
  for (const { name, text } of [...directories].map(licenseOf)) {
    packages.set(text, (packages.get(text) ?? new Set()).add(name))
  }
  const sections = [...packages].map(
    ([text, names]) => `${[...names].sort().join('\n')}\n\n${text}\n`,
  )
  const head = 'The files in this directory contain code of these packages.\n'
  await mkdir('dist', { recursive: true })
  await writeFile(licensesFile, [head, ...sections.sort()].join(`\n${'-'.repeat(79)}\n\n`))
}

function licenseOf(directory: string): { readonly name: string; readonly text: string } {
  const { name, version, license } = JSON.parse(
    readFileSync(join(directory, 'package.json'), 'utf8'),
  ) as Record<'name' | 'version' | 'license', string>
  const file = readdirSync(directory).find((each) => /^licen[cs]e/i.test(each))
  if (file === undefined) throw new Error(`${name} has no license file.`)
  const text = readFileSync(join(directory, file), 'utf8').trim()
  return { name: `${name} ${version} (${license})`, text }
}
