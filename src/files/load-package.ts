import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type CodedError, codedError, codeOf } from '../model/errors/coded-error.ts'
import type { ErrorCode } from '../model/errors/error-table.ts'
import { errorCodeOf } from '../support/error-code.ts'
import { messageOf } from '../support/error-message.ts'
import { createRequire } from '../support/process/create-require.ts'
import { reasonOf } from './failure-of.ts'

/** Returns a file from which packages resolve. Can throw, if there is no such file. */
export type Place = () => string

/**
 * Where packages resolve: from this package, the application's main file, and the working
 * directory. With pnpm and Yarn, this package sees only the packages that its package.json names.
 * A preload from another directory and a bundle find the application's packages.
 * @param program the application's main file. With `node -e`, this is the first argument.
 */
export function packagePlaces(program: string | undefined = process.argv[1]): Place[] {
  const main: Place[] = program === undefined ? [] : [() => resolve(program)]
  return [() => import.meta.url, ...main, () => join(process.cwd(), 'package.json')]
}

/**
 * Where the dependencies of this package resolve. A bundle of CommonJS has no `import.meta.url`:
 * there, packages near the program count.
 */
export function ownPlace(): string {
  const url: string | undefined = import.meta.url
  return url ?? resolve(process.argv[1] ?? 'program')
}

/** The main file of a package, as a place for the packages of the package; undefined if missing. */
export function placeOf(name: string, places: readonly Place[]): Place | undefined {
  const main = places.map((place) => loaderAt(place, name)?.resolve(name)).find(Boolean)
  return main === undefined ? undefined : () => main
}

/**
 * Loads a package from the first place that has the package. A place that cannot be read counts as
 * a place without the package.
 * @param missing the start of the message for a missing package. Default: the package's name.
 * @throws Error for a missing package, or a version that does not fit, with the command to install
 * the package.
 */
export function loadPackage(
  name: string,
  places: readonly Place[],
  missing: string = `the package ${name} is missing`,
): unknown {
  const isOwn = places.includes(ownPlace)
  const loader = places.map((place) => loaderAt(place, name)).find((each) => each !== undefined)
  if (!loader) {
    const kept = isOwn ? ownPackages.get(name) : undefined
    if (kept !== undefined) return kept
    for (const place of places) assertNotBroken(place, name)
    throw codedError('GPE_PACKAGE_MISSING', `${missing}: npm install ${name}`)
  }
  assertVersion(name, loader)
  try {
    const loaded: unknown = loader(name)
    if (isOwn) ownPackages.set(name, loaded)
    return loaded
  } catch (error) {
    throw broken(name, error)
  }
}

/**
 * The loaded dependencies of this package, by name. A deployment can remove the release from which
 * a process was started: the process then finds no package there.
 */
const ownPackages = new Map<string, unknown>()

/** Throws for a package whose folder is there, and whose main file is not. */
function assertNotBroken(place: Place, name: string): void {
  const loader = requireOf(place)
  const folders = loader?.resolve.paths(name) ?? []
  if (!loader || !folders.some((each) => existsSync(join(each, name, 'package.json')))) return
  try {
    loader.resolve(name)
  } catch (error) {
    throw broken(name, error)
  }
}

const peer = '@opentelemetry/api'

function broken(name: string, error: unknown): CodedError {
  // Some package managers install no peers.
  if (errorCodeOf(error) === 'MODULE_NOT_FOUND' && messageOf(error).includes(`'${peer}'`)) {
    const text = `the package ${peer} is missing, which ${name} needs: npm install ${peer}`
    return codedError('GPE_PACKAGE_MISSING', text, { cause: error })
  }
  const text = `the package ${name} cannot be loaded: ${messageOf(error)}`
  return codedError('GPE_PACKAGE_BROKEN', text, { cause: error })
}

interface Bound {
  readonly from: string
  /** A minor version that does not fit, and the next minor version that fits. */
  readonly except?: readonly [refused: string, next: string]
}

/**
 * The oldest version that fits, and a later minor version that does not fit, by package.
 * package.json does not name these packages, also not as optional peers: npm would refuse this
 * package beside an older OpenTelemetry that the application needs for something else.
 */
const bounds: Readonly<Record<string, Bound>> = {
  ...Object.fromEntries(
    ['metrics-otlp-grpc', 'metrics-otlp-http', 'metrics-otlp-proto', 'prometheus'].map((name) => [
      `@opentelemetry/exporter-${name}`,
      { from: '0.223.0', except: ['0.300', '0.301'] },
    ]),
  ),
  '@opentelemetry/instrumentation-http': { from: '0.223.0', except: ['0.300', '0.301'] },
  '@opentelemetry/instrumentation-runtime-node': { from: '0.36.1' },
}

/** A version that cannot be read is not checked. */
function assertVersion(name: string, loader: NodeJS.Require): void {
  const bound = bounds[name]
  if (bound === undefined) return
  const version = versionOf(name, loader)
  if (version === undefined || fits(version, bound)) return
  const { from, except: [refused] = [] } = bound
  const allowed = `${from} or later${refused ? `, but not ${refused}` : ''}`
  const text = `the package ${name} has version ${version}; allowed is ${allowed}`
  const command = `npm install ${name}@${nearest(version, bound)}`
  throw codedError('GPE_PACKAGE_VERSION', `${text}: ${command}`)
}

/**
 * The minor version that fits and is nearest to the given one. The latest version can need a newer
 * `@opentelemetry/api` than the other packages of the application allow. Then npm refuses it.
 */
function nearest(version: string, { from, except }: Bound): string {
  if (except && isOf(version, except)) return except[1]
  return from.slice(0, from.lastIndexOf('.'))
}

function isOf(version: string, [refused]: NonNullable<Bound['except']>): boolean {
  return version.startsWith(`${refused}.`)
}

function versionOf(name: string, loader: NodeJS.Require): string | undefined {
  try {
    const { version } = loader(`${name}/package.json`) as { readonly version?: unknown }
    return typeof version === 'string' ? version : undefined
  } catch {
    return undefined
  }
}

function fits(version: string, { from, except }: Bound): boolean {
  if (except && isOf(version, except)) return false
  const own = version.split(/[.-]/).map(Number)
  const oldest = from.split('.').map(Number)
  const index = oldest.findIndex((part, place) => part !== own[place])
  return index < 0 || Number(own[index]) > Number(oldest[index])
}

export interface PackageFailure {
  readonly code: ErrorCode
  /** Ends with a full stop, or with a command: a full stop behind a command would be copied. */
  readonly reason: string
}

/** Why a package is missing, or does not load; undefined for a package that loads. */
export function packageFailure(name: string, places: readonly Place[]): PackageFailure | undefined {
  try {
    loadPackage(name, places)
    return undefined
  } catch (error) {
    return { code: codeOf(error) ?? 'GPE_PACKAGE_BROKEN', reason: packageReason(error) }
  }
}

/** The message of an error of `loadPackage`, as `PackageFailure` has it. */
export function packageReason(error: unknown): string {
  const reason = reasonOf(error)
  return /: npm install \S+$/.test(reason) ? reason : `${reason}.`
}

/** @returns undefined if the package does not resolve. */
function loaderAt(place: Place, name: string): NodeJS.Require | undefined {
  const loader = requireOf(place)
  try {
    loader?.resolve(name)
    return loader
  } catch {
    return undefined
  }
}

/** @returns undefined for a place that cannot be read. */
function requireOf(place: Place): NodeJS.Require | undefined {
  try {
    return createRequire(place())
  } catch {
    return undefined
  }
}
