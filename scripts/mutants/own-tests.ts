import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseSync } from 'oxc-parser'

/** Tests in these folders run built programs, where a changed source has no effect. */
const notUnit = ['test/e2e/', 'test/collector-config/', 'test/faults/']

/** Finds the unit tests of a source file. Paths are relative to the root. */
export class OwnTests {
  readonly #root: string
  readonly #tests: readonly string[]
  readonly #imports = new Map<string, readonly string[]>()

  constructor(root: string) {
    this.#root = root
    this.#tests = globSync('test/**/*.test.ts', { cwd: root })
      .filter((test) => !notUnit.some((folder) => test.startsWith(folder)))
      .sort()
  }

  /**
   * The test at the same path below `test/`, and each test that imports the file. Without any:
   * the tests of the same folder whose imports lead to the file.
   */
  of(file: string): readonly string[] {
    const mirror = file.replace(/^src\//, 'test/').replace(/\.ts$/, '.test.ts')
    const direct = this.#tests.filter(
      (test) => test === mirror || this.#importsOf(test).includes(file),
    )
    if (direct.length > 0) return direct
    const neighbours = this.#tests.filter((test) => dirname(test) === dirname(mirror))
    return neighbours.filter((test) => this.#leadsTo(test, file))
  }

  #leadsTo(from: string, file: string): boolean {
    const seen = new Set([from])
    // The set grows while the loop runs.
    for (const path of seen) {
      for (const imported of this.#importsOf(path)) seen.add(imported)
    }
    return seen.has(file)
  }

  #importsOf(path: string): readonly string[] {
    const known = this.#imports.get(path)
    if (known) return known
    const found = importsOf(path, readFileSync(join(this.#root, path), 'utf8'))
    this.#imports.set(path, found)
    return found
  }
}

/** The TypeScript files that a file loads, without those it takes only types from. */
function importsOf(path: string, text: string): string[] {
  const { staticImports, staticExports, dynamicImports } = parseSync(path, text).module
  const specifiers = [
    ...staticImports.filter(isLoaded).map(({ moduleRequest }) => moduleRequest.value),
    ...staticExports.flatMap(({ entries }) => entries.map((entry) => entry.moduleRequest?.value)),
    ...dynamicImports.map(({ moduleRequest: { start, end } }) => text.slice(start + 1, end - 1)),
  ]
  return specifiers
    .filter((specifier) => specifier?.startsWith('.') && specifier.endsWith('.ts'))
    .map((specifier) => join(dirname(path), String(specifier)))
}

function isLoaded({ entries }: { entries: readonly { isType: boolean }[] }): boolean {
  return entries.length === 0 || entries.some(({ isType }) => !isType)
}
