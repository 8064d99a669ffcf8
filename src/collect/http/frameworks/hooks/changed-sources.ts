import { realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { frameworkLimits } from '../../../../limits/frameworks.ts'
import { canSee } from '../../../../support/process/can-see.ts'
import { nodeModule } from '../../../../support/process/create-require.ts'
import type { Framework, SourceChange } from './framework.ts'
import { guarded } from './guarded.ts'
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
 * Changes the sources of modules whose classes keep everything in private fields. Node's hook costs
 * 1 ms at the start, and 0.05 ms for each module. The function makes the hook only if one of the
 * packages is near the program. Before Node 22.22.3 and 24.12, the function does nothing.
 */
export function changeSources(frameworks: readonly Framework[]): void {
  if (hasFault) return
  const changes = installed(frameworks.flatMap(({ sources }) => sources ?? []))
  if (changes.length === 0) return
  const registerHooks: unknown = Reflect.get(nodeModule(), 'registerHooks')
  if (typeof registerHooks !== 'function') return
  for (const { name, onCall } of frameworks) if (onCall) takeCalls(name, onCall)
  const byFile = new Map(changes.map((each) => [each.file, each]))
  const load: Load = (url, context, next) => {
    const loaded = next(url, context)
    const at = url.lastIndexOf(folder)
    if (at >= 0) changeOne(url.slice(at + folder.length), loaded)
    return loaded
  }
  const changeOne = (file: string, loaded: Loaded): void => {
    const change = byFile.get(file) ?? byFile.get(file.slice(0, file.lastIndexOf('/') + 1))
    if (change) guarded(() => apply(change, loaded))
  }
  registerHooks({ load })
}

/**
 * A call to the framework's `onCall`, as an expression of a source text. `values` are expressions
 * of the source. The call never throws, unless one of `values` does.
 */
export function callText(name: string, values: string): string {
  const slots = "globalThis[Symbol.for('gunicorn-prometheus-exporter.requests')]"
  return `${slots}?.calls.get(${JSON.stringify(name)})?.(${values})`
}

const folder = '/node_modules/'

/** The minor version and patch with the fix of `hasFault`, by major version. */
const fixed: Readonly<Record<number, readonly number[]>> = {
  22: [22, 3],
  23: [99, 0],
  24: [12, 0],
  25: [1, 0],
}
/**
 * In earlier releases, any hook takes `require.cache` from an imported CommonJS module, and keeps
 * modules that this module requires out of the cache. Beside tsx, a hook can end the program.
 */
const hasFault = isBeforeFix(process.versions.node)

function isBeforeFix(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  const [fixedMinor = 0, fixedPatch = 0] = fixed[major] ?? []
  return minor < fixedMinor || (minor === fixedMinor && patch < fixedPatch)
}

function takeCalls(name: string, onCall: (...values: unknown[]) => void): void {
  requestSlots().calls.set(name, (...values) => guarded(() => onCall(...values)))
}

function apply({ file, change }: SourceChange, loaded: Loaded): void {
  const { source } = loaded
  if (source === undefined || source === null) return
  const text = source instanceof Uint8Array ? Buffer.from(source).toString() : String(source)
  const changed = change(text)
  if (changed !== text) loaded.source = changed
  else if (!file.endsWith('/')) countRouteFault()
}

function installed(changes: readonly SourceChange[]): SourceChange[] {
  const folders = moduleFolders()
  const names = new Set(changes.map((each) => each.package))
  const found = new Set(
    [...names].filter((name) => folders.some((each) => canSee(join(each, name)))),
  )
  return changes.filter((each) => found.has(each.package))
}

/** The folders `node_modules` from which the program, or its working directory, loads packages. */
function moduleFolders(): string[] {
  const above = new Set(startFolders().flatMap(foldersAbove))
  return [...above].map((each) => join(each, 'node_modules')).filter(canSee)
}

function startFolders(): string[] {
  const program = process.argv[1]
  const starts = [() => process.cwd(), () => dirname(realpathSync.native(program ?? ''))]
  return starts.flatMap((start) => {
    try {
      return start()
    } catch {
      // The working directory was removed, or the program has no file.
      return []
    }
  })
}

function foldersAbove(start: string): string[] {
  const above = [start]
  let at = start
  while (above.length < frameworkLimits.searchedFolders && dirname(at) !== at) {
    at = dirname(at)
    above.push(at)
  }
  return above
}
