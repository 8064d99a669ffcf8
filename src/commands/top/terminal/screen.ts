/** The escape sequences of one write that changes the screen as little as possible. */
export class Screen {
  #before: readonly string[] = []

  /** Everything is drawn again: the terminal has been used otherwise, or has another size. */
  forget(): void {
    this.#before = []
  }

  /** @returns the text for the terminal; empty where nothing changed. */
  draw(lines: readonly string[]): string {
    const isNew = this.#before.length !== lines.length
    const changed = lines.flatMap((line, index) =>
      isNew || line !== this.#before[index] ? `\u{1b}[${index + 1};1H\u{1b}[2K${line}` : [],
    )
    this.#before = lines
    if (changed.length === 0) return ''
    // A terminal that knows synchronized updates shows the frame at once.
    const clear = isNew ? '\u{1b}[2J' : ''
    return `\u{1b}[?2026h${clear}${changed.join('')}\u{1b}[?2026l`
  }
}
