import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const systemSources = '/etc/apt/sources.list.d/debian.sources'
const releases = 'bookworm trixie forky'

/**
 * The sources of a Debian package, without Debian's changes.
 *
 * @param cache a directory for apt's lists of packages.
 * @param paths paths in the archive. Default: everything.
 * @throws Error where this machine has no apt of Debian, or the archive lacks the package.
 */
export async function extractDebianSource(
  { source, release }: { readonly source: string; readonly release: string },
  { cache, directory, paths = [] }: Place,
): Promise<void> {
  const options = await aptOptions(cache)
  const downloads = await mkdtemp(join(cache, 'download-'))
  try {
    const args = [...options, 'source', '--download-only', '-qq', `${source}/${release}`]
    // apt-get fails if one part is missing, such as types. The archive can still be there.
    const failure = await run('apt-get', args, { cwd: downloads }).then(
      () => '',
      (error: unknown) => String(error),
    )
    const archive = (await readdir(downloads)).find((file) => /\.orig\.tar\.\w+$/.test(file))
    if (archive === undefined) throw new Error(`${source} has no sources in Debian: ${failure}`)
    await mkdir(directory, { recursive: true })
    const file = join(downloads, archive)
    await run('tar', ['xf', file, '-C', directory, '--strip-components=1', ...paths])
  } finally {
    await rm(downloads, { recursive: true, force: true })
  }
}

export interface Place {
  readonly cache: string
  /** Where the files go. */
  readonly directory: string
  readonly paths?: readonly string[]
}

/** Options that let apt read source packages, without a change of the system's own settings. */
async function aptOptions(cache: string): Promise<string[]> {
  const [sources, lists] = [join(cache, 'debian.sources'), join(cache, 'lists')]
  const options = [
    ...['-o', `Dir::Etc::sourcelist=${sources}`, '-o', 'Dir::Etc::sourceparts=/dev/null'],
    ...['-o', `Dir::State::lists=${lists}`],
  ]
  if ((await mkdir(lists, { recursive: true })) === undefined) return options
  const [stanza = ''] = (await readFile(systemSources, 'utf8')).split(/\n\s*\n/)
  const changed = stanza
    .replace(/^Types:.*$/m, 'Types: deb-src')
    .replace(/^Suites:.*$/m, `Suites: ${releases}`)
  await writeFile(sources, `${changed}\n`)
  await run('apt-get', [...options, 'update', '-qq'])
  return options
}
