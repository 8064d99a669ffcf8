import type { Details } from '../endpoint/details.ts'
import type { Death } from '../model/death.ts'
import type { Standstill } from '../model/hang.ts'
import type { LiveDocument, LiveInstance } from '../model/live/live-document.ts'
import type { OriginTexts } from '../model/live/unread-origin.ts'
import type { LiveReading } from './counts/reading.ts'

/** The exporter's own counts, as on `/status`. */
export type OwnCounts = Readonly<Record<string, unknown>>

/** An instance without its rates, which its history has. */
export type InstanceFacts = Omit<LiveInstance, 'requestsPerSecond' | 'errorsPerSecond'>

/** The process, or the sidecar, that a live page shows. */
export interface LiveSource {
  readonly kind: () => LiveDocument['kind']
  readonly title: string
  /** @param instance undefined: everything. */
  readonly read: (instance: string | undefined) => LiveReading
  /** Empty where no instances exist. @param everything the reading of all instances. */
  readonly instances: (everything: LiveReading) => readonly InstanceFacts[]
  readonly hasInstance: (name: string) => boolean
  /** The main thread of the primary; undefined for a process without workers. */
  readonly primary: () => { readonly pid: number; readonly hang: Standstill | null } | undefined
  /** Number of workers that a master keeps; null without a master. */
  readonly wanted: () => number | null
  /** Oldest first. */
  readonly deaths: () => readonly Death[]
  /** Sentences about the origins of a sidecar that cannot be read. */
  readonly originTexts: (details: Details) => OriginTexts
  readonly counts: (connections: number, details: Details) => OwnCounts
  /** Names of the metrics on the page. */
  readonly names: () => readonly string[]
  /** The lines of one metric on the page; empty for an unknown name. */
  readonly lines: (name: string) => string
  /** Called before each sample, where a sample needs recent states from elsewhere. */
  readonly freshen?: () => void
}
