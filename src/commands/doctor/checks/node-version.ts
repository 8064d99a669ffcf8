import { execFile } from 'node:child_process'
import { basename } from 'node:path'
import { type Finding, finding, fine, unknown } from '../catalog/finding.ts'
import type { Target } from '../facts/target.ts'

/** The versions of `engines` in package.json. A test compares both. */
export const supportedVersions = '^20.19.0 || >=22.13.0'

/** Looks at the Node.js of the process, or of `doctor`. */
export async function nodeFindings(target: Target): Promise<Finding[]> {
  const { process: view, options } = target
  const { program } = view ?? {}
  if (options.url || program === undefined || !/^node/.test(basename(program))) {
    return versionFindings(process.version, 'Node.js of this command')
  }
  const lookedAt = `Node.js of the process ${view?.pid}`
  // A program of another user must not run with the rights of this user.
  const isOwn = view?.uid === process.getuid?.()
  const version = isOwn ? await versionOf(`/proc/${view?.pid}/exe`) : undefined
  if (version !== undefined) return versionFindings(version, lookedAt)
  return [unknown('node', lookedAt, { found: 'The version of the process is not known.' })]
}

/** Judges a version, such as `v20.19.0`. */
export function versionFindings(version: string, lookedAt: string): Finding[] {
  const [major = 0, minor = 0, patch = 0] = version.replace(/^v/, '').split('.').map(Number)
  const found = `The version is ${version}.`
  const isBefore = (other: number, otherPatch = 0): boolean =>
    minor < other || (minor === other && patch < otherPatch)
  if (!isSupported(major, isBefore)) {
    const words = { range: '20.19 or later, 22.13 or later, 24 or 26' }
    return [finding('node-unsupported', { lookedAt, found, words })]
  }
  if (major === 20 && isBefore(20)) return [finding('node-thread-abort', { lookedAt, found })]
  if (lacksLoaderHook(major, isBefore)) return [finding('node-no-loader-hook', { lookedAt, found })]
  return [fine('node', lookedAt, found)]
}

type IsBefore = (minor: number, patch?: number) => boolean

function isSupported(major: number, isBefore: IsBefore): boolean {
  if (major === 20) return !isBefore(19)
  if (major === 22) return !isBefore(13)
  return major > 22
}

function lacksLoaderHook(major: number, isBefore: IsBefore): boolean {
  if (major === 22) return isBefore(22, 3)
  if (major === 24) return isBefore(12)
  return major < 24 || (major === 25 && isBefore(1))
}

/** Without variables: NODE_OPTIONS of this process would preload other code. */
async function versionOf(program: string): Promise<string | undefined> {
  return await new Promise((resolve) => {
    const options = { env: {}, timeout: 5_000, killSignal: 'SIGKILL' } as const
    execFile(program, ['--version'], options, (_error, stdout) => {
      resolve(/^v\d+\.\d+\.\d+/.exec(stdout)?.[0])
    })
  })
}
