import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { basename, join } from 'node:path'
import { getSystemErrorMap } from 'node:util'
import { errorCodeOf } from '../support/error-code.ts'
import { messageOf } from '../support/error-message.ts'
import type { MappedMemoryAddon } from './addon.ts'
import { addonFiles } from './addon-files.ts'

export type LoadedAddon =
  | { readonly addon: MappedMemoryAddon; readonly refusal?: never }
  | { readonly addon?: never; readonly refusal: string }

export interface Machine {
  readonly platform: string
  readonly arch: string
}

/** @param directory with the files of `addonFiles`. Default: the folder of this package. */
export function loadAddon({ platform, arch }: Machine, directory?: string): LoadedAddon {
  if (platform === 'darwin') return { refusal: 'macOS has no /proc, which the workers need' }
  const name = `${platform}-${arch}`
  const file = addonFiles[name]
  if (file === undefined) return { refusal: `the package has no addon for ${name}` }
  try {
    const path = join(directory ?? ownDirectory(), `${name}.node`)
    const content = readFileSync(path)
    if (
      content.length !== file.bytes ||
      process.getBuiltinModule('node:zlib').crc32(content) !== file.checksum
    ) {
      return { refusal: `${path} is damaged` }
    }
    return { addon: withReasons(opened(path)) }
  } catch (error) {
    return { refusal: refusalOf(error) }
  }
}

/** Bundles are one folder below the package, and this source is two below. */
function ownDirectory(): string {
  // A bundler of the application can leave nothing here: the addon is then refused.
  const directory = import.meta.dirname
  const isSource = basename(directory) === 'mapped-memory'
  return join(directory, isSource ? '../..' : '..', 'native/prebuilt')
}

function opened(path: string): MappedMemoryAddon {
  const module: { exports: Partial<MappedMemoryAddon> } = { exports: {} }
  // Without the flag, a missing function of Node.js would end the process at the first call.
  process.dlopen(module, path, constants.dlopen.RTLD_NOW)
  const { create, map } = module.exports
  if (create === undefined || map === undefined) throw new Error(`${path} has no functions`)
  return { create, map }
}

function refusalOf(error: unknown): string {
  if (errorCodeOf(error) !== 'ERR_DLOPEN_DISABLED') return messageOf(error)
  return 'Node.js runs with --no-addons, or with --permission and without --allow-addons'
}

function withReasons(addon: MappedMemoryAddon): MappedMemoryAddon {
  return {
    create: (bytes) => explained(() => addon.create(bytes)),
    map: (descriptor, bytes) => explained(() => addon.map(descriptor, bytes)),
  }
}

/** The addon throws the number of the system's error as `code`, and the failed call as message. */
function explained<T>(act: () => T): T {
  try {
    return act()
  } catch (error) {
    const [code, text] = getSystemErrorMap().get(-Number(errorCodeOf(error))) ?? []
    if (code === undefined) throw error
    const message = `${messageOf(error)}: ${text} (${code})`
    throw Object.assign(new Error(message, { cause: error }), { code })
  }
}
