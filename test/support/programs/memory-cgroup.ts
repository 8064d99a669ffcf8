import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A cgroup with a real limit of memory. */
export interface MemoryCgroup {
  readonly version: 1 | 2
  /** A command that runs its arguments in the cgroup. */
  readonly starter: readonly string[]
  readonly remove: () => Promise<void>
}

/** Cgroups of one process, in one millisecond, have names of their own. */
let made = 0

/** Undefined where this user cannot make a cgroup with a limit. */
export function memoryCgroup(limitBytes: number): MemoryCgroup | undefined {
  const parent = parentOf()
  if (!parent) return undefined
  const path = join(parent.path, `gpe-test-${process.pid}-${Date.now()}-${made}`)
  made += 1
  try {
    mkdirSync(path)
    const limit = parent.version === 1 ? 'memory.limit_in_bytes' : 'memory.max'
    writeFileSync(join(path, limit), String(limitBytes))
    if (!isCounting(path)) throw new Error('The kernel does not count its kills here.')
  } catch {
    if (existsSync(path)) rmdirSync(path)
    return undefined
  }
  const script = 'echo $$ > "$0/cgroup.procs" && exec "$@"'
  return {
    version: parent.version,
    starter: ['sh', '-c', script, path],
    async remove() {
      // The kernel removes a cgroup only after its last process.
      for (let attempt = 0; attempt < 100; attempt += 1) {
        try {
          rmdirSync(path)
          return
        } catch {
          await sleep(50)
        }
      }
    },
  }
}

function isCounting(path: string): boolean {
  const files = ['memory.events', 'memory.oom_control'].map((name) => join(path, name))
  return files.some((file) => existsSync(file) && /^oom_kill \d/m.test(readFileSync(file, 'utf8')))
}

function parentOf(): { readonly version: 1 | 2; readonly path: string } | undefined {
  if (!existsSync('/proc/self/cgroup')) return undefined
  const text = readFileSync('/proc/self/cgroup', 'utf8')
  const old = /^\d+:memory:(.*)$/m.exec(text)?.[1]
  if (old !== undefined) return { version: 1, path: join('/sys/fs/cgroup/memory', old) }
  const path = /^0::(.*)$/m.exec(text)?.[1]
  return path === undefined ? undefined : { version: 2, path: join('/sys/fs/cgroup', path) }
}
