import { type Page, textOf } from '../../../src/exposition/page.ts'
import { RenderTools } from '../../../src/exposition/render-tools.ts'
import { renderText as renderParts } from '../../../src/exposition/text.ts'
import type { TextFormat } from '../../../src/exposition/text-format.ts'
import { LabelTexts } from '../../../src/exposition/text-labels.ts'
import type { Metric } from '../../../src/model/metric.ts'
import { type InParts, whole } from '../../../src/model/page/in-parts.ts'

/** A page with its text as one string. */
export interface TextPage extends Page {
  readonly text: string
}

/** Renders a page without options. Nothing is kept between two calls with other tools. */
export function renderText(
  metrics: readonly Metric[],
  format: TextFormat,
  tools: RenderTools = new RenderTools(new LabelTexts()),
): TextPage {
  const named = metrics.map((metric) => ({ metric, descriptor: metric.descriptor }))
  return textPage(renderParts(named, format, { tools, shedding: undefined }))
}

export function textPage(job: InParts<Page>): TextPage {
  const page = whole(job)
  return { ...page, text: textOf(page) }
}
