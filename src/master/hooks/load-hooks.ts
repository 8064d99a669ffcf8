import { realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { codedError } from '../../model/errors/coded-error.ts'
import { messageOf } from '../../support/error-message.ts'
import { isRecord } from '../../support/guards.ts'
import { nearestName } from '../../support/nearest-name.ts'
import { createRequire } from '../../support/process/create-require.ts'
import { keepSpelling } from './hook-spelling.ts'
import { type Hooks, hookNames } from './hooks.ts'

/** `onExit` → `on_exit`. */
type SnakeCase<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${SnakeCase<Rest>}`
  : Name

/** Hooks in either spelling: `onExit`, or gunicorn's `on_exit`. */
export type GivenHooks = Hooks & {
  readonly [Name in keyof Hooks as SnakeCase<Name>]?: Hooks[Name]
}

/** Hooks of gunicorn that have no place here. */
const foreign: ReadonlyMap<string, string> = new Map([
  ['post_worker_init', 'the application itself runs in the worker'],
  ['pre_request', 'use a middleware of the application'],
  ['post_request', 'use a middleware of the application'],
  ['ssl_context', 'the application makes its own servers'],
])

/** Exports that modules have beside their own. */
const moduleExports = new Set(['default', '__esModule', 'module.exports'])

/**
 * Loads a module of hooks: CommonJS, or an ES module without top-level await. Hooks are named
 * exports, or properties of the default export.
 * @throws when the module cannot be loaded, or has exports that are no hooks.
 */
export function loadHooks(given: string | undefined): Hooks {
  if (given === undefined) return {}
  // Node.js remembers where a link led.
  const path = actual(given)
  const load = createRequire(import.meta.url)
  // A reload reads a changed file again. The cache has files by their real path.
  Reflect.deleteProperty(load.cache, resolved(load, path))
  return hooksOf(loadModule(load, path), path)
}

function actual(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    // A path without the extension.
  }
  try {
    return join(realpathSync(dirname(path)), basename(path))
  } catch {
    return path
  }
}

/** Why `loadHooks` fails for a file that exists. Runs the module. */
export function hooksFault(path: string): string | undefined {
  const load = createRequire(import.meta.url)
  try {
    load.resolve(path)
  } catch {
    return undefined
  }
  try {
    loadHooks(path)
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}

/** The file of a path without the extension, or of a link. */
function resolved(load: NodeJS.Require, path: string): string {
  try {
    return load.resolve(path)
  } catch {
    return path
  }
}

function loadModule(load: NodeJS.Require, path: string): unknown {
  try {
    return load(path)
  } catch (error) {
    throw codedError('GPE_HOOKS', `cannot load the hooks ${path}: ${messageOf(error)}`, {
      cause: error,
    })
  }
}

/**
 * The hooks of a module or of an object, in camel case. Named exports win over the default export.
 * @param source where the hooks come from, for the message.
 * @throws TypeError that names every fault.
 */
export function hooksOf(given: unknown, source: string): Hooks {
  const faults: string[] = []
  const inDefault = isRecord(given) && given['default'] !== undefined ? given['default'] : {}
  const hooks = { ...readHooks(inDefault, faults), ...readHooks(given, faults) }
  if (faults.length > 0) {
    throw codedError('GPE_HOOKS', `${source}: ${faults.join(' ')}`, { kind: TypeError })
  }
  return hooks
}

function readHooks(given: unknown, faults: string[]): Record<string, unknown> {
  if (!isRecord(given)) {
    faults.push(`The export is of type ${typeof given}; allowed is an object of hooks.`)
    return {}
  }
  const hooks: Record<string, unknown> = {}
  // One name in gunicorn's spelling shows which spelling the operator uses.
  const isSnake = Object.keys(given).some((name) => !moduleExports.has(name) && name.includes('_'))
  for (const name of Object.keys(given).filter((each) => !moduleExports.has(each))) {
    const [camel, value] = [camelCase(name), given[name]]
    const fault = faultOf(name, value, isSnake) ?? (camel in hooks ? twice(name, camel) : undefined)
    if (fault !== undefined) faults.push(fault)
    else if (value !== undefined) {
      hooks[camel] = value
      keepSpelling(value, camel, name)
    }
  }
  return hooks
}

function faultOf(name: string, value: unknown, isSnake: boolean): string | undefined {
  const known: readonly string[] = hookNames
  if (known.includes(camelCase(name))) {
    if (value === undefined || typeof value === 'function') return undefined
    return `${name} is of type ${typeof value}; allowed is a function.`
  }
  const reason = foreign.get(snakeCase(name))
  if (reason !== undefined)
    return `${name} is a hook of gunicorn that does not exist here: ${reason}.`
  const names = isSnake ? hookNames.map(snakeCase) : hookNames
  const right = nearestName(name, names)
  return right === undefined
    ? `${name} is not a hook; allowed are ${names.join(', ')}.`
    : `${name} is not a hook; did you mean ${right}?`
}

function twice(name: string, camel: string): string {
  const other = name === camel ? snakeCase(camel) : name
  return `${camel} and ${other} are the same hook; allowed is one of them.`
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
