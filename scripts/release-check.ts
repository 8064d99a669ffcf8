import { readFile } from 'node:fs/promises'
import { type Manifest, repositoryOf } from './repository.ts'

/*
 * Refuses to pack what cannot be released. npm runs this file before `npm pack` and `npm publish`,
 * with the package's folder as the working directory. CONTRIBUTING.md ("Release") says how to mend
 * each fault.
 */

/** Returns one sentence for each fault; none where the package can be released. */
export function releaseFaults(manifest: Manifest, changelog: string): string[] {
  return [...repositoryFaults(manifest), ...changelogFaults(manifest, changelog)]
}

function repositoryFaults(manifest: Manifest): string[] {
  const repository = repositoryOf(manifest)
  if (!repository) {
    const got = JSON.stringify(manifest.repository) ?? 'nothing'
    return [
      'The field repository of package.json must have ' +
        `{"type":"git","url":"git+https://HOST/OWNER/NAME.git"}, but has ${got}.`,
    ]
  }
  const isCurrent =
    manifest.bugs?.url === repository.issues && manifest.homepage === repository.homepage
  if (isCurrent) return []
  return [`bugs and homepage of package.json do not belong to ${repository.url}: npm run docs.`]
}

function changelogFaults({ version }: Manifest, changelog: string): string[] {
  const isThere = changelog.split('\n').some((line) => line.startsWith(`## [${version}]`))
  return isThere ? [] : [`CHANGELOG.md has no section "## [${version}]".`]
}

if (import.meta.main) {
  const manifest = JSON.parse(await readFile('package.json', 'utf8')) as Manifest
  const faults = releaseFaults(manifest, await readFile('CHANGELOG.md', 'utf8'))
  for (const fault of faults) process.stderr.write(`release-check: ${fault}\n`)
  if (faults.length > 0) process.exitCode = 1
}
