import { closeSync, constants, fstatSync, openSync, type Stats, statSync } from 'node:fs'
import { mappedMemoryAddon, mappedMemoryRefusal } from '../../mapped-memory/addon.ts'
import { isNaturalNumber, isRecord } from '../../support/guards.ts'
import { memoryBytes, memoryVersion } from './memory-layout.ts'

/** Memory that a primary made for a worker. */
export interface HandedMemory {
  /** In the primary. */
  readonly descriptor: number
  /** With `inode`, what the descriptor names. The application can close and reuse descriptors. */
  readonly device: number
  readonly inode: number
}

/**
 * In the primary, before the fork.
 * @returns undefined without the addon.
 * @throws if the system gives no memory or no descriptor.
 */
export function createMemory(): HandedMemory | undefined {
  const addon = mappedMemoryAddon()
  if (!addon) return undefined
  const descriptor = addon.create(memoryBytes)
  const { dev, ino } = fstatSync(descriptor)
  return { descriptor, device: dev, inode: ino }
}

/** In the primary. Leaves a descriptor that the application has taken. */
export function closeMemory(memory: HandedMemory): void {
  try {
    if (isMemory(memory, fstatSync(memory.descriptor))) closeSync(memory.descriptor)
  } catch {
    // The application has closed the descriptor.
  }
}

/** The text for a worker, with the pid of the primary that has the descriptor. */
export function encodeMemory(memory: HandedMemory, primaryPid: number): string {
  return JSON.stringify({ version: memoryVersion, primaryPid, ...memory })
}

/**
 * In the worker: the memory that the primary handed to this worker.
 * @param text a worker's child process inherits the text too, and has another parent process.
 * @returns undefined where the primary handed nothing, or memory of another version.
 */
export function parseHandedMemory(
  text: string | undefined,
  parentPid: number,
): HandedMemory | undefined {
  const value = parseJson(text)
  if (!isRecord(value) || value['primaryPid'] !== parentPid) return undefined
  const { version, descriptor, device, inode } = value
  if (version !== memoryVersion) return undefined
  if (!isNaturalNumber(descriptor) || !isNaturalNumber(device) || !isNaturalNumber(inode)) {
    return undefined
  }
  return { descriptor, device, inode }
}

/**
 * In the worker: maps the memory, through the descriptor of the primary.
 * @throws an Error with the reason. The worker then writes a file.
 */
export function openMemory(memory: HandedMemory, primaryPid: number): ArrayBuffer {
  const addon = mappedMemoryAddon()
  if (!addon) throw new Error(mappedMemoryRefusal() ?? 'the addon is missing')
  const path = `/proc/${primaryPid}/fd/${memory.descriptor}`
  // Before `open`, which would act on a device.
  check(memory, statSync(path))
  const descriptor = openSync(path, constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOCTTY)
  try {
    check(memory, fstatSync(descriptor))
    return addon.map(descriptor, memoryBytes)
  } finally {
    closeSync(descriptor)
  }
}

export function isMemory({ device, inode }: HandedMemory, { dev, ino }: Stats): boolean {
  return dev === device && ino === inode
}

function check(memory: HandedMemory, found: Stats): void {
  if (!isMemory(memory, found)) throw new Error('the application has closed the memory')
}

function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}
