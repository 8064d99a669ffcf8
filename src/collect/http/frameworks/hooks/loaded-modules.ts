import { frameworkLimits } from '../../../../limits/frameworks.ts'
import { createRequire } from '../../../../support/process/create-require.ts'
import type { Framework, ModulePatch } from './framework.ts'
import { guarded } from './guarded.ts'

// Any path gives the cache of the process. A bundle of the package's entry may have no
// `import.meta`.
const { cache } = createRequire(process.execPath)
const folder = 'node_modules/'

/**
 * Patches the modules that the application has loaded. Reads Node's cache of CommonJS modules, so
 * that loading stays as it is: a hook into `require` would show in every stack of an error.
 */
export class LoadedModules {
  readonly #patches: ReadonlyMap<string, ModulePatch>
  /** Bounded by the copies of the frameworks in the process. */
  readonly #patched = new Set<string>()
  readonly #looks: readonly ((listener: unknown) => void)[]
  #seen = 0

  constructor(frameworks: readonly Framework[]) {
    const patches = frameworks.flatMap(({ modules }) => modules ?? [])
    this.#patches = new Map(patches.map((each) => [each.file, each]))
    this.#looks = frameworks.flatMap(({ listener }) => listener ?? [])
  }

  /**
   * Call `patch` when a server listens. A search of 2,000 modules takes 0.3 ms. Without a new
   * module, there is no search.
   */
  patch(): void {
    const files = Object.keys(cache)
    if (files.length === this.#seen) return
    this.#seen = files.length
    for (const file of files.slice(-frameworkLimits.scannedModules)) this.#patchOne(file)
  }

  /** Shows the listeners of a server to the frameworks. Call `adopt` when the server listens. */
  adopt(listeners: readonly unknown[]): void {
    for (const listener of listeners) {
      for (const look of this.#looks) guarded(() => look(listener))
    }
  }

  #patchOne(file: string): void {
    const path = file.includes('\\') ? file.replaceAll('\\', '/') : file
    const at = path.lastIndexOf(folder)
    const patch = at < 0 ? undefined : this.#patches.get(path.slice(at + folder.length))
    const module = patch && cache[file]
    if (!module?.loaded || this.#patched.has(file)) return
    this.#patched.add(file)
    guarded(() => patch?.patch(module.exports))
  }
}
