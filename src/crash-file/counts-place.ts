/** Where a worker keeps its counts for the case of a sudden end. */
export interface CountsPlace {
  readonly place: 'memory' | 'file' | 'nowhere'
  /** Why the counts are not in memory: half a sentence for people. Null for counts in memory. */
  readonly notInMemory: string | null
}
