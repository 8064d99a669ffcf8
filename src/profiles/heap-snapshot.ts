import { closeSync } from 'node:fs'
import { getHeapStatistics, writeHeapSnapshot } from 'node:v8'
import { profileLimits } from '../limits/tools/profiles.ts'
import { ProfileFiles } from './profile-files.ts'
import type { ProfileOrder } from './profile-order.ts'

/**
 * Writes a heap snapshot of this thread. The thread stands still meanwhile: V8 writes to the file
 * while V8 walks through the heap, so that no second copy is in memory.
 * @throws where the snapshot cannot be written, or would fill the disk.
 */
export function takeHeapSnapshot({ place, name }: Pick<ProfileOrder, 'place' | 'name'>): void {
  const files = new ProfileFiles(place, name)
  closeSync(files.begin())
  try {
    const fault = spaceFault(getHeapStatistics().used_heap_size, files.freeBytes)
    if (fault !== undefined) throw new Error(fault)
    writeHeapSnapshot(files.draftPath)
    files.finish()
  } catch (error) {
    files.drop()
    throw error
  }
}

/** Measured: the file of a heap of plain objects has up to 1.6 times the bytes of the heap. */
const factor = 2

/** Why there is no place for a snapshot; undefined where there is. */
export function spaceFault(heapBytes: number, freeBytes: number): string | undefined {
  if (heapBytes > profileLimits.heapBytes) {
    return `the heap has ${mebibytes(heapBytes)}; allowed are ${mebibytes(profileLimits.heapBytes)}`
  }
  const needed = factor * heapBytes + profileLimits.spareBytes
  if (freeBytes >= needed) return undefined
  return `the disk has ${mebibytes(freeBytes)} free; the snapshot needs ${mebibytes(needed)}`
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`
}
