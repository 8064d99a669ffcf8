/**
 * The addresses of the public repository. The field `repository` of package.json is the one place
 * that names it; `npm run docs` writes the other addresses.
 */
export interface Repository {
  /** `https://HOST/OWNER/NAME`. */
  readonly url: string
  readonly issues: string
  readonly homepage: string
  /** The form for a private report of a vulnerability. */
  readonly advisories: string
}

/** The fields of package.json that a release depends on. */
export interface Manifest {
  readonly version: string
  readonly repository?: { readonly type: string; readonly url: string }
  readonly bugs?: { readonly url: string }
  readonly homepage?: string
}

const gitUrl = /^git\+(https:\/\/[\w.-]+(?:\/[\w.-]+){2})\.git$/

/** Returns undefined while the field is missing or is not `git+https://HOST/OWNER/NAME.git`. */
export function repositoryOf({ repository }: Manifest): Repository | undefined {
  const url = gitUrl.exec(repository?.url ?? '')?.[1]
  if (url === undefined) return undefined
  return {
    url,
    issues: `${url}/issues`,
    homepage: `${url}#readme`,
    advisories: `${url}/security/advisories/new`,
  }
}

/** Returns the text of package.json with the addresses that follow from its `repository`. */
export function withAddresses(text: string): string {
  const manifest = JSON.parse(text) as Manifest
  const repository = repositoryOf(manifest)
  if (!repository) return text
  const { issues, homepage } = repository
  return `${JSON.stringify({ ...manifest, bugs: { url: issues }, homepage }, undefined, 2)}\n`
}

/** Returns the sentence of SECURITY.md that says where to report. */
export function reportingSentence(manifest: Manifest): string {
  const repository = repositoryOf(manifest)
  if (repository) return `Open a private report: <${repository.advisories}>.\n`
  return (
    'The address of the public repository is not decided yet. The field `repository` of\n' +
    '`package.json` will name the repository. The address of the form will then stand here.\n'
  )
}
