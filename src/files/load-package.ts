import { join, resolve } from 'node:path'
import { codedError, codeOf } from '../model/errors/coded-error.ts'
import type { ErrorCode } from '../model/errors/error-table.ts'
import { messageOf } from '../support/error-message.ts'
import { createRequire } from '../support/process/create-require.ts'
import { reasonOf } from './failure-of.ts'

/** Returns a file from which packages resolve. Can throw, if there is no such file. */
export type Place = () => string

/**
 * Where packages resolve: from this package, the application's main file, and the working
 * directory. pnpm and Yarn give this package its optional peers, if the application has them. A
 * preload from another directory and a bundle find the application's packages.
 * @param program the application's main file. With `node -e`, this is the first argument.
 */
export function packagePlaces(program: string | undefined = process.argv[1]): Place[] {
  const main: Place[] = program === undefined ? [] : [() => resolve(program)]
  return [() => import.meta.url, ...main, () => join(process.cwd(), 'package.json')]
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
  const loader = places.map((place) => loaderAt(place, name)).find((each) => each !== undefined)
  if (!loader) throw codedError('GPE_PACKAGE_MISSING', `${missing}: npm install ${name}`)
  assertVersion(name, loader)
  try {
    return loader(name)
  } catch (error) {
    const text = `the package ${name} cannot be loaded: ${messageOf(error)}`
    throw codedError('GPE_PACKAGE_BROKEN', text, { cause: error })
  }
}

interface Bound {
  readonly from: string
  readonly except?: string
}

/**
 * The oldest version that fits, and a later minor version that does not fit, by package.
 * package.json accepts any version. With a bound there, npm would refuse this package beside an
 * older peer that the application needs for something else.
 */
const bounds: Readonly<Record<string, Bound>> = {
  ...Object.fromEntries(
    ['metrics-otlp-grpc', 'metrics-otlp-http', 'metrics-otlp-proto', 'prometheus'].map((name) => [
      `@opentelemetry/exporter-${name}`,
      { from: '0.223.0', except: '0.300' },
    ]),
  ),
  '@opentelemetry/instrumentation-http': { from: '0.223.0', except: '0.300' },
  '@opentelemetry/instrumentation-runtime-node': { from: '0.36.1' },
}

/** A version that cannot be read is not checked. */
function assertVersion(name: string, loader: NodeJS.Require): void {
  const bound = bounds[name]
  if (bound === undefined) return
  const version = versionOf(name, loader)
  if (version === undefined || fits(version, bound)) return
  const allowed = `${bound.from} or later${bound.except ? `, but not ${bound.except}` : ''}`
  const text = `the package ${name} has version ${version}; allowed is ${allowed}`
  throw codedError('GPE_PACKAGE_VERSION', `${text}: npm install ${name}@latest`)
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
  if (except !== undefined && version.startsWith(`${except}.`)) return false
  const own = version.split(/[.-]/).map(Number)
  const oldest = from.split('.').map(Number)
  const index = oldest.findIndex((part, place) => part !== own[place])
  return index < 0 || Number(own[index]) > Number(oldest[index])
}

export interface PackageFailure {
  readonly code: ErrorCode
  /** Without full stop. */
  readonly reason: string
}

/** Why a package is missing, or does not load; undefined for a package that loads. */
export function packageFailure(name: string, places: readonly Place[]): PackageFailure | undefined {
  try {
    loadPackage(name, places)
    return undefined
  } catch (error) {
    return { code: codeOf(error) ?? 'GPE_PACKAGE_BROKEN', reason: reasonOf(error) }
  }
}

/** @returns undefined if the package does not resolve. */
function loaderAt(place: Place, name: string): NodeJS.Require | undefined {
  try {
    const loader = createRequire(place())
    loader.resolve(name)
    return loader
  } catch {
    return undefined
  }
}
