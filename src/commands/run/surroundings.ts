import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseEnv } from 'node:util'
import type { Environment } from '../../config/resolve/resolved.ts'
import { processLimits } from '../../limits/master.ts'
import { type CodedText, coded } from '../../model/errors/coded-text.ts'
import { errorCodeOf } from '../../support/error-code.ts'
import { messageOf } from '../../support/error-message.ts'
import { namedDirectory } from '../../support/process/named-paths.ts'
import { type OptionValues, valuesOf } from '../line/command-options.ts'

/** The directory and the variables with which a command reads its settings. */
export interface Surroundings {
  /** Where the command started, by its name. */
  readonly start: string
  /** The working directory, by its name. Other paths of the command line start here. */
  readonly directory: string
  /** Variables of `--env-file` and `--env`. */
  readonly variables: Readonly<Record<string, string>>
}

/** The options as the user wrote the options. */
export interface SurroundingNames {
  readonly chdir: string
  readonly env: string
  readonly envFile: string
}

/**
 * Enters the directory of `--chdir`, and reads the variables of `--env-file` and `--env`.
 * @param environment wins over files, as for Node's option, and later files over earlier files.
 * `--env` wins over all.
 */
export function enterSurroundings(
  values: OptionValues,
  environment: Environment,
  { chdir, env, envFile }: SurroundingNames,
): Surroundings & { readonly faults: readonly CodedText[] } {
  const faults: CodedText[] = []
  const start = namedDirectory(environment['PWD'])
  const directory = resolve(start, values['chdir'] || environment['GUNICORN_CHDIR'] || '')
  attempt(chdir, faults, () => enter(directory))
  const files = valuesOf(values, 'env-file').map((file) =>
    Object.entries(attempt(envFile, faults, () => variablesOf(file)) ?? {}),
  )
  const fromFiles = files.flat().filter(([name]) => environment[name] === undefined)
  const given = valuesOf(values, 'env').flatMap((text) => {
    const [name = '', ...value] = text.split('=')
    if (name !== '' && value.length > 0) return [[name, value.join('=')] as const]
    // The text can be a password.
    faults.push(
      coded('GPE_OPTION_VALUE', `${env} got a text of another form; allowed is KEY=VALUE.`),
    )
    return []
  })
  return { start, directory, variables: Object.fromEntries([...fromFiles, ...given]), faults }
}

/** @throws an error that names the directory, and not the directory before. */
function enter(directory: string): void {
  try {
    process.chdir(directory)
  } catch (error) {
    throw new Error(`cannot enter ${directory}: ${String(errorCodeOf(error))}`, { cause: error })
  }
}

/** The variables of a file in the format of `node --env-file`. @throws for a file without text. */
export function variablesOf(path: string): Record<string, string> {
  const file = openSync(path, 'r')
  try {
    const status = fstatSync(file)
    const { variablesBytes } = processLimits
    if (!status.isFile()) throw new Error(`${path} is not a file`)
    if (status.size > variablesBytes) {
      throw new Error(`${path} has ${status.size} bytes; allowed are ${variablesBytes}`)
    }
    return { ...parseEnv(readFileSync(file, 'utf8')) } as Record<string, string>
  } finally {
    closeSync(file)
  }
}

function attempt<T>(option: string, faults: CodedText[], act: () => T): T | undefined {
  try {
    return act()
  } catch (error) {
    faults.push(coded('GPE_OPTION_FILE', `${option}: ${messageOf(error)}.`))
    return undefined
  }
}
