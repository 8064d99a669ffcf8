import uPlot from 'uplot'
import { livePageLimits } from '../../limits/tools/live-page.ts'
import type { LiveColumn } from '../../model/live/live-document.ts'
import { clockText } from '../../model/text/clock.ts'
import { element, setAttribute, setText } from '../dom/element.ts'
import { chartOptions } from './chart-options.ts'
import { PlotLegend } from './plot-legend.ts'
import type { PlotLine, PlotOptions } from './plot-line.ts'

export interface PlotData {
  /** Unix milliseconds. */
  readonly times: readonly number[]
  readonly lines: readonly PlotLine[]
  /** The largest width of the plot in time, seconds. A young history fills the plot. */
  readonly spanSeconds: number
}

/** A plot with its legend, which follows the pointer and the arrow keys. */
export class Plot {
  readonly root: HTMLElement
  readonly #options: PlotOptions
  readonly #legend: PlotLegend = new PlotLegend(() => this.#showLines())
  readonly #area: HTMLElement = element('div', { class: 'area' })
  readonly #when: HTMLElement = element('span', { class: 'when' })
  readonly #none: HTMLElement
  readonly #onRead: (text: string) => void
  #chart: uPlot | undefined
  #data: PlotData = { times: [], lines: [], spanSeconds: 900 }

  /** @param onRead gets the values that a reader asked for with the arrow keys. */
  constructor(options: PlotOptions, onRead: (text: string) => void) {
    this.#options = options
    this.#onRead = onRead
    this.#none = element('p', { class: 'empty' }, [element('span', {}, [options.empty])])
    const caption = [element('h3', {}, [options.title]), this.#when]
    const colors = [
      element('span', { class: 'axis-color', hidden: '' }),
      element('span', { class: 'rule-color', hidden: '' }),
    ]
    this.#area.append(this.#none, ...colors)
    this.root = element('figure', { class: 'plot', tabindex: '0' }, [
      element('figcaption', { class: 'caption' }, caption),
      this.#area,
      this.#legend.root,
    ])
    this.root.addEventListener('keydown', (event) => this.#onKey(event))
    new ResizeObserver(() => this.#chart?.setSize(this.#size())).observe(this.#area)
  }

  update(data: PlotData): void {
    const isSame = keysOf(this.#data) === keysOf(data) && this.#chart !== undefined
    this.#data = data
    if (!isSame) this.#legend.setLines(data.lines)
    if (isSame) this.#chart?.setData(alignedData(data))
    else this.draw()
    this.#none.hidden = data.lines.some(({ values }) => values.some((value) => value !== null))
    this.#showValues()
    setAttribute(this.root, 'aria-label', `${this.#options.title}, now: ${this.#read(undefined)}`)
  }

  /** Draws anew, as after a change of the colors. */
  draw(): void {
    this.#chart?.destroy()
    if (this.#data.times.length === 0) {
      this.#chart = undefined
      return
    }
    const options = chartOptions({
      ...this.#options,
      ...this.#size(),
      lines: this.#data.lines,
      span: () => this.#span(),
      colorOf: (key) => this.#legend.colorOf(key),
      axisColor: colorOf(this.#area, '.axis-color'),
      ruleColor: colorOf(this.#area, '.rule-color'),
      onCursor: () => this.#showValues(),
    })
    this.#chart = new uPlot(options, alignedData(this.#data), this.#area)
    this.#showLines()
  }

  #span(): [number, number] {
    const { times, spanSeconds } = this.#data
    const end = (times.at(-1) ?? 0) / 1_000
    const age = end - (times[0] ?? 0) / 1_000
    return [end - Math.min(Math.max(age, livePageLimits.shortestSpan), spanSeconds), end]
  }

  #size(): { width: number; height: number } {
    return { width: Math.max(this.#area.clientWidth, 100), height: this.#area.clientHeight }
  }

  #showLines(): void {
    for (const [index, { key }] of this.#data.lines.entries()) {
      const show = this.#legend.isShown(key)
      const series = this.#chart?.series[index + 1]
      if (series && series.show !== show) this.#chart?.setSeries(index + 1, { show })
    }
  }

  /** Values at the cursor, and the newest values without a cursor. */
  #showValues(): void {
    const index = this.#chart?.cursor.idx ?? undefined
    const time = index === undefined ? undefined : this.#data.times[index]
    setText(this.#when, time === undefined ? '' : clockText(time))
    for (const { key, values } of this.#data.lines) {
      this.#legend.setValue(key, this.#options.text(valueAt(values, index)))
    }
  }

  #onKey(event: KeyboardEvent): void {
    const chart = this.#chart
    const step = keySteps[event.key]
    if (!chart || step === undefined || event.target !== this.root) return
    event.preventDefault()
    const last = this.#data.times.length - 1
    const index = Math.min(Math.max((chart.cursor.idx ?? last) + step, 0), last)
    const time = this.#data.times[index]
    if (time === undefined) return
    chart.setCursor({ left: chart.valToPos(time / 1_000, 'x'), top: 10 })
    this.#onRead(`${clockText(time)}: ${this.#read(index)}`)
  }

  #read(index: number | undefined): string {
    const shown = this.#data.lines.filter(({ key }) => this.#legend.isShown(key))
    const texts = shown.map(
      ({ name, values }) => `${name} ${this.#options.text(valueAt(values, index))}`,
    )
    return texts.join(', ') || 'no values'
  }
}

const keySteps: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowRight: 1,
  PageUp: -30,
  PageDown: 30,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
}

function keysOf({ lines }: PlotData): string {
  return JSON.stringify(lines.map(({ key, name }) => [key, name]))
}

function alignedData({ times, lines }: PlotData): uPlot.AlignedData {
  const seconds = times.map((time) => time / 1_000)
  return [seconds, ...lines.map(({ values }) => [...values])]
}

function valueAt(values: LiveColumn, index: number | undefined): number | null {
  return (index === undefined ? values.at(-1) : values[index]) ?? null
}

function colorOf(root: Element, selector: string): string {
  const probe = root.querySelector(selector)
  return probe ? getComputedStyle(probe).color : 'gray'
}
