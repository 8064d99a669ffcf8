import { element, setAttribute, setText } from '../dom/element.ts'
import type { PlotLine } from './plot-line.ts'

interface Entry {
  readonly item: HTMLElement
  readonly button: HTMLButtonElement
  readonly swatch: HTMLElement
  readonly value: HTMLElement
}

/** Names and values of the lines. Each name is a button that hides and shows the line. */
export class PlotLegend {
  readonly root: HTMLUListElement = element('ul', { class: 'legend' })
  readonly #onToggle: () => void
  readonly #hidden = new Set<string>()
  #entries = new Map<string, Entry>()

  constructor(onToggle: () => void) {
    this.#onToggle = onToggle
  }

  isShown(key: string): boolean {
    return !this.#hidden.has(key)
  }

  /** The color of a line as the canvas needs it, in the colors of now. */
  colorOf(key: string): string {
    const swatch = this.#entries.get(key)?.swatch
    return swatch ? getComputedStyle(swatch).color : 'gray'
  }

  /** Makes the entries for other lines. */
  setLines(lines: readonly PlotLine[]): void {
    this.#entries = new Map(lines.map((line) => [line.key, this.#entry(line)]))
    for (const key of this.#hidden) if (!this.#entries.has(key)) this.#hidden.delete(key)
    this.root.replaceChildren(...Array.from(this.#entries.values(), ({ item }) => item))
  }

  setValue(key: string, text: string): void {
    const entry = this.#entries.get(key)
    if (entry) setText(entry.value, text)
  }

  #entry({ key, name, color }: PlotLine): Entry {
    const swatch = element('span', { class: `swatch c${color}`, 'aria-hidden': 'true' })
    const value = element('span', { class: 'value' })
    const title = element('span', { class: 'name' }, [name])
    const button = element('button', { type: 'button' }, [swatch, title, ' ', value])
    setAttribute(button, 'aria-pressed', String(this.isShown(key)))
    button.addEventListener('click', () => this.#toggle(key, button))
    return { item: element('li', {}, [button]), button, swatch, value }
  }

  #toggle(key: string, button: HTMLButtonElement): void {
    if (this.#hidden.has(key)) this.#hidden.delete(key)
    else this.#hidden.add(key)
    setAttribute(button, 'aria-pressed', String(this.isShown(key)))
    this.#onToggle()
  }
}
