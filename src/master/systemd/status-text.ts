/** The workers of a master, as numbers. */
export interface WorkerNumbers {
  readonly serving: number
  readonly wanted: number
  /** Workers that have not ended. */
  readonly living: number
}

/** The state of a master, as systemd knows services. */
export type ServiceState =
  | { readonly kind: 'starting' }
  | { readonly kind: 'serving'; readonly failure: string | undefined }
  | { readonly kind: 'reloading' }
  | { readonly kind: 'stopping' }
  /** A new master has become the main process of the service. */
  | { readonly kind: 'replaced' }

/** The status that `systemctl status` shows; undefined: the new master tells its status. */
export function statusText(
  state: ServiceState,
  { serving, wanted, living }: WorkerNumbers,
  successor: number | undefined,
): string | undefined {
  // During a reload, old and new workers serve.
  const count = `${Math.min(serving, wanted)} of ${wanted} workers serve`
  switch (state.kind) {
    case 'starting':
      return `starting, ${count}`
    case 'serving': {
      const upgrade = successor === undefined ? '' : `, new master has pid ${successor}`
      return `${count}${upgrade}${state.failure === undefined ? '' : `, ${state.failure}`}`
    }
    case 'reloading':
      return `reloading, ${count}`
    case 'stopping':
      return `stopping, ${living} ${living === 1 ? 'worker has' : 'workers have'} not ended`
    case 'replaced':
      return undefined
  }
}
