/** What `run` does with a setting of gunicorn. */
type GunicornAnswer =
  /** `run` has the option, by the same name and with the same meaning. */
  | { readonly kind: 'same'; readonly note?: string }
  /** `run` has the setting by another name. */
  | { readonly kind: 'instead'; readonly text: string }
  /** `run` does not have the setting. */
  | { readonly kind: 'refused'; readonly text: string }

/** A setting of gunicorn, as data. */
export interface GunicornSetting {
  /** Options of gunicorn's command line, with dashes. */
  readonly flags: readonly string[]
  readonly answer: GunicornAnswer
}

export type GunicornSettings = Readonly<Record<string, GunicornSetting>>

export function same(...flags: readonly string[]): GunicornSetting {
  return { flags, answer: { kind: 'same' } }
}

/** @param note a sentence about a difference. */
export function similar(note: string, ...flags: readonly string[]): GunicornSetting {
  return { flags, answer: { kind: 'same', note } }
}

/** @param text a sentence that names the other setting. */
export function instead(text: string, ...flags: readonly string[]): GunicornSetting {
  return { flags, answer: { kind: 'instead', text } }
}

/** @param text the reason, a sentence or two. */
export function refused(text: string, ...flags: readonly string[]): GunicornSetting {
  return { flags, answer: { kind: 'refused', text } }
}
