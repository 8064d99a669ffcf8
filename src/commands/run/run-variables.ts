import { readFileSync } from 'node:fs'
import { environment, setVariables } from '../../config/environment.ts'
import type { Environment } from '../../config/resolve/resolved.ts'
import { variablesOf } from './surroundings.ts'

type Variables = Readonly<Record<string, string>>

/** The variables of this process that come from files and options: read again at a reload. */
export class RunVariables {
  readonly #files: readonly NodeFile[]
  /** Names of variables whose values come from files and options. */
  #names: ReadonlySet<string>

  /** @param execArgv the options of Node.js. Node.js has read the files of `--env-file` already. */
  constructor(execArgv: readonly string[]) {
    this.#files = nodeFiles(execArgv)
    this.#names = new Set(namesFrom(this.#files))
  }

  /** Another process reads these variables again. */
  get names(): readonly string[] {
    return [...this.#names]
  }

  /**
   * This process's own variables, without variables of files and options. Adds the variables of
   * Node's files, which this call reads again.
   * @throws when a file of Node's option is gone.
   */
  readAgain(): { readonly others: Environment; readonly fromNode: Variables } {
    const entries = Object.entries(environment()).filter(([name]) => !this.#names.has(name))
    const others = Object.fromEntries(entries)
    return { others, fromNode: this.#fromNode(others) }
  }

  /** Adds the variables of options, at the start. */
  add(variables: Variables): void {
    setVariables(variables)
    this.#names = new Set([...this.#names, ...Object.keys(variables)])
  }

  /** Replaces all variables of files and options. */
  replace(variables: Variables): void {
    for (const name of this.#names) Reflect.deleteProperty(environment(), name)
    this.#names = new Set()
    this.add(variables)
  }

  #fromNode(others: Environment): Record<string, string> {
    const found: Record<string, string> = {}
    for (const file of this.#files) {
      // Of several files, the last file wins.
      for (const [name, value] of Object.entries(readNodeFile(file))) {
        if (others[name] === undefined) found[name] = value
      }
    }
    return found
  }
}

interface NodeFile {
  readonly path: string
  readonly isOptional: boolean
}

function nodeFiles(execArgv: readonly string[]): NodeFile[] {
  return execArgv.flatMap((argument, index): NodeFile[] => {
    const [option, value] = argument.split(/=(.*)/s)
    const isOptional = option === '--env-file-if-exists'
    if (!isOptional && option !== '--env-file') return []
    const path = value ?? execArgv[index + 1]
    return path === undefined ? [] : [{ path, isOptional }]
  })
}

function readNodeFile({ path, isOptional }: NodeFile): Variables {
  try {
    return variablesOf(path)
  } catch (error) {
    if (isOptional) return {}
    throw error
  }
}

/** Variables that Node.js has set after the start of the process. */
function namesFrom(files: readonly NodeFile[]): string[] {
  const initial = initialNames()
  return files.flatMap((file) =>
    Object.entries(readNodeFile({ ...file, isOptional: true }))
      .filter(([name, value]) => environment()[name] === value && !initial.has(name))
      .map(([name]) => name),
  )
}

/** The names that the kernel has from the start of the process; empty elsewhere than on Linux. */
function initialNames(): ReadonlySet<string> {
  try {
    const text = readFileSync('/proc/self/environ', 'utf8')
    return new Set(text.split('\0').map((entry) => entry.slice(0, entry.indexOf('='))))
  } catch {
    return new Set()
  }
}
