export interface Kind {
  readonly method: string
  readonly path: string
  readonly body?: unknown
}

export interface Weight {
  readonly name: string
  readonly weight: number
}

export declare const kinds: Readonly<Record<'home' | 'search', Kind>>
export declare function plan(mix: readonly Weight[]): Generator<Kind, never>
