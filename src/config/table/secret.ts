const mask = '***'

/** A text that shows itself only when asked to: not in logs, JSON, errors or an inspection. */
export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  reveal(): string {
    return this.#text
  }

  toString(): string {
    return mask
  }

  toJSON(): string {
    return mask
  }
}
