import { type LoadedAddon, loadAddon } from './load-addon.ts'

/** Shared memory of processes. Both functions throw an `Error` with the reason of the system. */
export interface MappedMemoryAddon {
  /**
   * Makes zeroed memory that nobody can shrink or grow.
   * @returns the descriptor, which the system closes at exec.
   */
  readonly create: (bytes: number) => number
  /**
   * Maps memory of `create`, for reading and writing. The mapping stays until the process ends.
   * @throws for a descriptor of something else, or of another size.
   */
  readonly map: (descriptor: number, bytes: number) => ArrayBuffer
}

/**
 * The addon, or undefined where the process cannot load the addon. The first call decides. Never
 * throws and never prints.
 */
export function mappedMemoryAddon(): MappedMemoryAddon | undefined {
  return loaded().addon
}

/** Why this process has no addon: half a sentence for people. Undefined with the addon. */
export function mappedMemoryRefusal(): string | undefined {
  return loaded().refusal
}

function loaded(): LoadedAddon {
  first ??= loadAddon({ platform: process.platform, arch: process.arch })
  return first
}
let first: LoadedAddon | undefined
