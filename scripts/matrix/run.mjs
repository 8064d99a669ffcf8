import { execFile } from 'node:child_process'
import { delimiter, dirname } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)
// The one file of the matrix that reads it.
const { env } = process

/** Runs a program; resolves with its stdout, and rejects with all it said. */
export async function run(file, args, options) {
  try {
    const { stdout } = await execute(file, args, { maxBuffer: 64 * 1_024 * 1_024, ...options })
    return stdout
  } catch (error) {
    const said = `${error.stdout ?? ''}${error.stderr ?? ''}`
    throw new Error(`${file} ${args.join(' ')} failed:\n${said}`, { cause: error })
  }
}

/** Runs npm with the given node binary, so that engines are judged for that one. */
export function npm(args, { node = process.execPath, cwd }) {
  const path = `${dirname(node)}${delimiter}${env.PATH}`
  return run('npm', args, { cwd, env: { ...ownEnvironment(), PATH: path } })
}

/** This shell's environment without what an `npm run` around us added. */
export function ownEnvironment() {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^npm_/.test(name)))
}
