import { shellWord } from '../../../model/text/shell-word.ts'
import { type CertificateFindingId, certificateDeclarations } from './certificate-declarations.ts'
import { type CheckName, type Declaration, type Level, levels } from './declaration.ts'
import { type EndpointFindingId, endpointDeclarations } from './endpoint-declarations.ts'
import { type HostFindingId, hostDeclarations } from './host-declarations.ts'
import { type ServiceFindingId, serviceDeclarations } from './service-declarations.ts'
import { type SetupFindingId, setupDeclarations } from './setup-declarations.ts'
import { type WorkerFindingId, workerDeclarations } from './worker-declarations.ts'

export type FindingId =
  | SetupFindingId
  | EndpointFindingId
  | CertificateFindingId
  | WorkerFindingId
  | ServiceFindingId
  | HostFindingId

/** Every declaration by the name of its finding. */
export const catalog: Readonly<Record<FindingId, Declaration>> = {
  ...setupDeclarations,
  ...endpointDeclarations,
  ...certificateDeclarations,
  ...workerDeclarations,
  ...serviceDeclarations,
  ...hostDeclarations,
}

/** One result of a check. */
export interface Finding {
  readonly check: CheckName
  /** The name in the catalog; null for the levels `ok`, `unknown` and `skipped`. */
  readonly id: FindingId | null
  readonly level: Level
  /** What the check looked at. */
  readonly lookedAt: string
  /** A sentence. */
  readonly found: string
  /** What to do; null where nothing is to be done. */
  readonly remedy: string | null
  /** The section of the documentation, in this package. */
  readonly page: string | null
}

export interface Told {
  readonly lookedAt: string
  readonly found: string
  /** Values for the names in braces of the remedy. */
  readonly words?: Readonly<Record<string, string | number>>
}

/** A finding of the catalog. */
export function finding(id: FindingId, { lookedAt, found, words = {} }: Told): Finding {
  const { check, level, remedy, page } = catalog[id]
  const told = remedy.replace(/`[^`]*`|\{\w+\}/g, (part) =>
    filled(part, words, isShellCommand(part) ? (value) => shellWord(String(value)) : String),
  )
  return { check, id, level, lookedAt, found, remedy: told, page: `docs/${page}` }
}

/** A user copies what is in backticks. `ACL` is a command of redis-cli, with words in one value. */
function isShellCommand(part: string): boolean {
  return part.startsWith('`') && !part.startsWith('`ACL ')
}

function filled(
  text: string,
  words: NonNullable<Told['words']>,
  shown: (value: string | number) => string,
): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = words[name]
    return value === undefined ? whole : shown(value)
  })
}

/** Nothing is wrong. */
export function fine(check: CheckName, lookedAt: string, found: string): Finding {
  return { check, id: null, level: 'ok', lookedAt, found, remedy: null, page: null }
}

/** The check could not be made. @param remedy what makes the check possible. */
export function unknown(
  check: CheckName,
  lookedAt: string,
  { found, remedy = null }: { readonly found: string; readonly remedy?: string | null },
): Finding {
  return { check, id: null, level: 'unknown', lookedAt, found, remedy, page: 'docs/doctor.md' }
}

/** The set-up has nothing for this check. */
export function skipped(check: CheckName, lookedAt: string, found: string): Finding {
  return { check, id: null, level: 'skipped', lookedAt, found, remedy: null, page: null }
}

/** The findings in the order of the output: problems first. */
export function sorted(findings: readonly Finding[]): Finding[] {
  return levels.flatMap((level) => findings.filter((each) => each.level === level))
}
