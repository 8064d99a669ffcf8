import { clocks } from './clocks.ts'
import { descriptors } from './descriptors.ts'
import { disks } from './disks.ts'
import { ends } from './ends.ts'
import type { Fault } from './fault.ts'
import { links } from './links.ts'
import { stops } from './stops.ts'

/** Each fault of the suite. */
export const allFaults: readonly Fault[] = [
  ...ends,
  ...stops,
  ...disks,
  ...descriptors,
  ...links,
  ...clocks,
]
