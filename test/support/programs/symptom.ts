import assert from 'node:assert/strict'
import { current } from '../../../scripts/documents.ts'
import { parsePage, type Sample, select } from '../prometheus/page.ts'
import type { Prometheus } from '../prometheus/prometheus.ts'
import { type App, eventually } from './app.ts'

/** The rows of a symptom's table that quote programs. */
type Row = 'stderr' | '/status' | '/readyz' | 'page' | 'alert'

interface Quotation {
  readonly row: Row
  readonly text: string
}

/** What a program shows at one moment. */
export interface Shown {
  readonly stderr?: string
  readonly status?: string
  readonly readyz?: string
  readonly page?: readonly Sample[]
  readonly prometheus?: Pick<Prometheus, 'query' | 'alerts'>
}

/** A section of docs/troubleshooting.md, with its quotations that no program has shown so far. */
export class Symptom {
  readonly #missing: Set<Quotation>

  constructor(quotations: readonly Quotation[]) {
    this.#missing = new Set(quotations)
  }

  /** The quotations that no program has shown so far. */
  get missing(): string[] {
    return [...this.#missing].map(({ row, text }) => `${row}: ${text}`)
  }

  /** Looks for the missing quotations. */
  async compare(shown: Shown): Promise<void> {
    for (const quotation of this.#missing) {
      if (await isShown(quotation, shown)) this.#missing.delete(quotation)
    }
  }

  /**
   * Compares until all quotations are there, or those that contain a text. Some lines come after a
   * minute.
   * @param show takes a new look at the programs each time.
   */
  async until(show: () => Promise<Shown>, ...texts: readonly string[]): Promise<void> {
    const isWanted = (line: string): boolean =>
      texts.length === 0 || texts.some((text) => line.includes(text))
    await eventually(async () => {
      await this.compare(await show())
      assert.deepEqual(this.missing.filter(isWanted), [])
    }, 120_000)
  }
}

/**
 * Reads a section. Code in the row `do`, and code that is a link, is not compared.
 * @param isTested whether a quotation belongs to this test. Default: all.
 */
export async function readSymptom(
  title: string,
  isTested: (text: string) => boolean = () => true,
): Promise<Symptom> {
  const document = await current('docs/troubleshooting.md')
  const [, section] = document.split(`\n## ${title}\n`)
  assert.ok(section !== undefined, `docs/troubleshooting.md has no section ${title}`)
  const [text = ''] = section.split('\n## ')
  const quotations = rows.flatMap((row) => {
    // A row can have a remark: `stderr, shared directory`.
    const cells = text.matchAll(new RegExp(`^\\| \`?${row}\`?(?:,[^|]*)? \\| (.*) \\|$`, 'gm'))
    return Array.from(cells, ([, cell = '']) => quotedIn(cell))
      .flat()
      .map((quoted) => ({ row, text: quoted }))
  })
  const tested = quotations.filter(({ text: code }) => isTested(code))
  assert.ok(tested.length > 0, `${title} has no quotation`)
  return new Symptom(tested)
}

const rows: readonly Row[] = ['stderr', '/status', '/readyz', 'page', 'alert']

function quotedIn(cell: string): string[] {
  const withoutLinks = cell.replace(/\[`[^`]+`\]/g, '')
  return Array.from(withoutLinks.matchAll(/`([^`]+)`/g), ([, code = '']) => code)
}

/** A look at a program, with its endpoint and perhaps a Prometheus. */
export async function look(
  { metricsUrl, stderr }: Pick<App, 'metricsUrl' | 'stderr'>,
  prometheus?: Prometheus,
): Promise<Shown> {
  const [status, readyz, page] = await Promise.all(
    ['/status', '/readyz', '/metrics'].map(async (path) => {
      const response = await fetch(metricsUrl.replace('/metrics', path))
      return await response.text()
    }),
  )
  return {
    stderr: stderr(),
    status: status ?? '',
    readyz: readyz ?? '',
    page: parsePage(page ?? ''),
    ...(prometheus && { prometheus }),
  }
}

async function isShown({ row, text }: Quotation, shown: Shown): Promise<boolean> {
  if (row === 'stderr') return pattern(text).test(shown.stderr ?? '')
  if (row === '/status') return pattern(text).test(shown.status ?? '')
  if (row === '/readyz') return pattern(text).test(shown.readyz ?? '')
  if (row === 'page') return isOnPage(text, shown.page ?? [])
  return await isAlert(text, shown.prometheus)
}

/** `…` stands for any text within a line. */
function pattern(text: string): RegExp {
  const parts = text.split('…').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  return new RegExp(parts.join('.*'))
}

/** A series with these labels, and with this value, or with a value above 0. */
function isOnPage(text: string, page: readonly Sample[]): boolean {
  const [, series = '', value] = /^(\w+(?:\{.*\})?)(?: (\S+))?$/.exec(text) ?? []
  const [wanted] = parsePage(`${series} 0\n`)
  assert.ok(wanted, text)
  const found = select(page, wanted.name, wanted.labels)
  return found.some((each) => (value === undefined ? each.value > 0 : each.value === Number(value)))
}

/** The name of an alert that fires, or a query with a result. */
async function isAlert(text: string, prometheus: Shown['prometheus']): Promise<boolean> {
  if (!prometheus) return false
  if (!/^\w+$/.test(text)) return (await prometheus.query(text)).length > 0
  return (await prometheus.alerts('firing')).has(text)
}
