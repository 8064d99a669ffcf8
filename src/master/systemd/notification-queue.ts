/** A change of the service's state, which systemd must not miss. */
export type StateChange =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'reloading'
      /** CLOCK_MONOTONIC. systemd compares the time with the time of its own signal. */
      readonly microseconds: bigint
    }
  | { readonly kind: 'stopping' }
  /** Another process becomes the main process of the service. */
  | { readonly kind: 'main process'; readonly pid: number }

/** Changes of the state that wait for `systemd-notify`, in order. */
export class NotificationQueue {
  /** Bounded: a reload replaces an earlier reload that waits. */
  #changes: StateChange[] = []

  get isEmpty(): boolean {
    return this.#changes.length === 0
  }

  /** Adds a change. A newer reload replaces a waiting reload and the changes after that reload. */
  add(change: StateChange): void {
    const at = this.#changes.findIndex(({ kind }) => kind === 'reloading')
    const isNewer = change.kind === 'reloading' && at !== -1
    this.#changes = [...(isNewer ? this.#changes.slice(0, at) : this.#changes), change]
  }

  take(): StateChange | undefined {
    return this.#changes.shift()
  }
}

/** The lines of `sd_notify(3)` for a change. */
export function linesOf(change: StateChange): readonly string[] {
  switch (change.kind) {
    case 'ready':
      return ['READY=1']
    case 'reloading':
      return ['RELOADING=1', `MONOTONIC_USEC=${change.microseconds}`]
    case 'stopping':
      return ['STOPPING=1']
    case 'main process':
      return [`MAINPID=${change.pid}`]
  }
}
