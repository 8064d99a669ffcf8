import { existsSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { dirname, join } from 'node:path'
import { frameworkLimits } from '../../../limits/frameworks.ts'
import type { Framework, SourceChange } from './framework.ts'
import { countRouteFault, requestSlots } from './request-slot.ts'

interface Loaded {
  source?: unknown
}

type Load = (
  url: string,
  context: unknown,
  next: (url: string, context: unknown) => Loaded,
) => Loaded

/**
 * Changes the sources of ES modules whose classes keep everything in private fields. Node's hook
 * costs 3 ms at the start, so the hook is made only if one of the packages is installed near the
 * program. Without `module.registerHooks` (Node 22.15) nothing happens.
 */
export function changeSources(frameworks: readonly Framework[]): void {
  const changes = frameworks.flatMap(({ sources }) => sources ?? []).filter(isInstalled)
  const registerHooks: unknown = Reflect.get(nodeModule, 'registerHooks')
  if (changes.length === 0 || typeof registerHooks !== 'function') return
  for (const { name, onCall } of frameworks) if (onCall) takeCalls(name, onCall)
  const byFile = new Map(changes.map((each) => [each.file, each]))
  const load: Load = (url, context, next) => {
    const loaded = next(url, context)
    const change = byFile.get(url.slice(url.lastIndexOf(folder) + folder.length))
    if (change) apply(change, loaded)
    return loaded
  }
  registerHooks({ load })
}

/**
 * A call to the framework's `onCall`, as source text. `values` are expressions of the source. The
 * call never throws, unless an expression does.
 * @public for frameworks that change sources.
 */
export function callText(name: string, values: string): string {
  const slots = "globalThis[Symbol.for('gunicorn-prometheus-exporter.requests')]"
  return `${slots}?.calls.get(${JSON.stringify(name)})?.(${values});`
}

const folder = '/node_modules/'

function takeCalls(name: string, onCall: (...values: unknown[]) => void): void {
  requestSlots().calls.set(name, (...values) => {
    try {
      onCall(...values)
    } catch {
      countRouteFault()
    }
  })
}

function apply({ change }: SourceChange, loaded: Loaded): void {
  const { source } = loaded
  if (source === undefined || source === null) return
  const text = source instanceof Uint8Array ? Buffer.from(source).toString() : String(source)
  const changed = change(text)
  if (changed === text) countRouteFault()
  else loaded.source = changed
}

function isInstalled({ package: name }: SourceChange): boolean {
  return startFolders().some((start) => isAbove(start, name))
}

function startFolders(): string[] {
  const program = process.argv[1]
  try {
    return program === undefined ? [process.cwd()] : [dirname(program), process.cwd()]
  } catch {
    // The working directory was removed.
    return []
  }
}

function isAbove(start: string, name: string): boolean {
  let at = start
  for (let count = 0; count < frameworkLimits.searchedFolders; count += 1) {
    if (existsSync(join(at, 'node_modules', name))) return true
    const above = dirname(at)
    if (above === at) return false
    at = above
  }
  return false
}
