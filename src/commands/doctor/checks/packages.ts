import { dirname, join, resolve } from 'node:path'
import { instrumentationFailures } from '../../../config/otlp/instrumentation-packages.ts'
import { otelInstrumentationsOf } from '../../../config/settings.ts'
import { doctorLimits } from '../../../limits/tools/doctor.ts'
import { createRequire } from '../../../support/process/create-require.ts'
import { type Finding, finding, fine, unknown } from '../catalog/finding.ts'
import {
  type CopySearch,
  findCopies,
  type PackageCopy,
  packageAt,
} from '../facts/package-copies.ts'
import type { Target } from '../facts/target.ts'

const api = '@opentelemetry/api'
const own = 'gunicorn-prometheus-exporter'

/** Looks for missing packages, and for several copies of a package that must be there once. */
export function packagesFindings({ settings }: Target): Finding[] {
  const directory = resolve('.')
  const search = findCopies(directory, [api, own])
  const failures = instrumentationFailures(otelInstrumentationsOf(settings))
  const instrumentations = failures.map(({ reason }) => reason)
  return copiesFindings({ ...search, directory, api: ownApi(), instrumentations })
}

export interface CopyFacts extends CopySearch {
  readonly directory: string
  /** The copy of @opentelemetry/api that this package loads. */
  readonly api: PackageCopy | undefined
  /** Why packages of instrumentations that the settings ask for do not load. */
  readonly instrumentations: readonly string[]
}

/** Judges the copies. */
export function copiesFindings({
  copies,
  isCut,
  directory,
  api: loaded,
  instrumentations,
}: CopyFacts): Finding[] {
  const lookedAt = `node_modules of ${directory} and above`
  const apis = unique([...(loaded ? [loaded] : []), ...copies.filter(({ name }) => name === api)])
  const exporters = copies.filter(({ name }) => name === own)
  const findings = [
    ...instrumentations.map((reason) =>
      finding('instrumentation-package', { lookedAt, found: reason }),
    ),
    ...apiFindings(apis, lookedAt),
    ...(versionsOf(exporters).length > 1 ? [several(exporters, lookedAt)] : []),
  ]
  if (isCut) findings.push(cut(lookedAt))
  if (findings.length > 0) return findings
  const [only] = apis
  const told = only ? `${only.version} is there once` : 'is not there, and only own metrics need it'
  return [fine('packages', lookedAt, `${api} ${told}.`)]
}

/** A copy refuses what a copy of an older minor version has registered. */
function apiFindings(apis: readonly PackageCopy[], lookedAt: string): Finding[] {
  if (apis.length < 2) return []
  const minors = new Set(apis.map(({ version }) => version.split('.').slice(0, 2).join('.')))
  const newest = [...apis].sort((one, other) => compare(other.version, one.version))[0]
  const words = { version: newest?.version ?? '' }
  const id = minors.size > 1 ? 'api-versions' : 'api-copies'
  return [finding(id, { lookedAt, found: shown(api, apis), words })]
}

function several(exporters: readonly PackageCopy[], lookedAt: string): Finding {
  return finding('exporter-copies', { lookedAt, found: shown(own, exporters) })
}

function cut(lookedAt: string): Finding {
  const found = 'There are too many directories. Not all were searched.'
  const remedy = `Run \`npm ls ${api}\`.`
  return unknown('packages', lookedAt, { found, remedy })
}

function shown(name: string, copies: readonly PackageCopy[]): string {
  const first = copies.slice(0, doctorLimits.shownCopies)
  const texts = first.map(({ version, directory }) => `${version} in ${directory}`)
  const more = copies.length - first.length
  return `${name} ${texts.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`
}

function versionsOf(copies: readonly PackageCopy[]): string[] {
  return [...new Set(copies.map(({ version }) => version))]
}

function unique(copies: readonly PackageCopy[]): PackageCopy[] {
  return [...new Map(copies.map((copy) => [copy.directory, copy])).values()]
}

function compare(one: string, other: string): number {
  return one.localeCompare(other, 'en', { numeric: true })
}

function ownApi(): PackageCopy | undefined {
  try {
    const main = createRequire(import.meta.url).resolve(api)
    const part = join('node_modules', ...api.split('/'))
    const at = main.lastIndexOf(part)
    return packageAt(at < 0 ? dirname(main) : main.slice(0, at + part.length))
  } catch {
    return undefined
  }
}
