import type { LiveDocument } from '../../../src/model/live/live-document.ts'
import { type App, fetchText } from './app.ts'

/** The address of a path of the app's endpoint. */
export function endpointUrl({ metricsUrl }: Pick<App, 'metricsUrl'>, path: string): string {
  return metricsUrl.replace(/\/metrics$/, path)
}

/** The document of the live page. @param query with the question mark. */
export async function liveDocument(
  app: Pick<App, 'metricsUrl'>,
  query = '',
): Promise<LiveDocument> {
  return JSON.parse(await fetchText(endpointUrl(app, `/live${query}`)))
}

/** All numbers of the rates in the history. */
export function ratesIn({ history }: Pick<LiveDocument, 'history'>): number[] {
  const columns = [
    ...Object.values(history.rates),
    ...Object.values(history.workers).map(({ requestsPerSecond }) => requestsPerSecond),
  ]
  return columns.flat().filter((value) => value !== null)
}

/** The requests that the plot of all rates shows. */
export function requestsIn({ history }: Pick<LiveDocument, 'history'>): number {
  const rates = Object.values(history.rates).flat()
  return history.stepSeconds * rates.reduce<number>((sum, rate) => sum + (rate ?? 0), 0)
}
