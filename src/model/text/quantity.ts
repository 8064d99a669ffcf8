/*
 * Numbers as a person reads them, for the live page and `top`: three digits or less, the unit last.
 * An unknown value is a dash.
 */

type Quantity = number | null | undefined

/** Stands for an unknown value. */
export const unknownText = '–'

/** A count, exact up to 99,999: `1,234`, `1.2 M`. */
export function countText(count: Quantity): string {
  if (!isKnown(count)) return unknownText
  return Math.abs(count) < 100_000 ? grouped(Math.round(count)) : scaled(count)
}

/** A rate per second, without the unit: `0`, `0.4`, `120`, `12.3 k`. */
export function rateText(rate: Quantity): string {
  if (!isKnown(rate)) return unknownText
  if (Math.abs(rate) >= 10_000) return scaled(rate)
  if (Math.abs(rate) >= 10) return grouped(Math.round(rate))
  return rate > 0 && rate < 0.05 ? '< 0.1' : trimmed(rate, 1)
}

/** A length of time below minutes: `0.4 ms`, `12 ms`, `1.2 s`, `48 s`. */
export function durationText(seconds: Quantity): string {
  if (!isKnown(seconds)) return unknownText
  // 999.7 ms is 1 s, not 1000 ms.
  if (seconds >= 0.9995) return seconds < 10 ? `${trimmed(seconds, 1)} s` : ageText(seconds)
  const milliseconds = seconds * 1_000
  return `${trimmed(milliseconds, milliseconds < 10 ? 1 : 0)} ms`
}

/** An age in whole units, the two largest: `12 s`, `4 min`, `3 h 20 min`, `5 d 3 h`. */
export function ageText(seconds: Quantity): string {
  if (!isKnown(seconds)) return unknownText
  const whole = Math.max(Math.floor(seconds), 0)
  if (whole < 60) return `${whole} s`
  if (whole < 3_600) return `${Math.floor(whole / 60)} min`
  if (whole < 86_400) return pair([Math.floor(whole / 3_600), 'h'], [(whole % 3_600) / 60, 'min'])
  return pair([Math.floor(whole / 86_400), 'd'], [(whole % 86_400) / 3_600, 'h'])
}

/** A size in decimal units: `820 B`, `51 MB`, `1.2 GB`. */
export function bytesText(bytes: Quantity): string {
  if (!isKnown(bytes)) return unknownText
  if (Math.abs(bytes) < 1_000) return `${Math.round(bytes)} B`
  return `${scaled(bytes, ['kB', 'MB', 'GB', 'TB', 'PB'])}`
}

/** @param percent 100 stands for the whole, or for one core. */
export function percentText(percent: Quantity): string {
  if (!isKnown(percent)) return unknownText
  return `${trimmed(percent, Math.abs(percent) < 10 ? 1 : 0)} %`
}

/** The share of a part as a percentage; unknown without a whole. */
export function shareText(part: Quantity, whole: Quantity): string {
  if (!isKnown(part) || !isKnown(whole) || whole === 0) return unknownText
  return percentText((part / whole) * 100)
}

function isKnown(value: Quantity): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

/** Thousands apart, the same in each locale. */
function grouped(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ',')
}

/** In the largest unit that leaves at least 1. The largest unit takes what is above. */
function scaled(value: number, units: readonly string[] = ['k', 'M', 'G', 'T', 'P']): string {
  // 999,700 is 1 M, not 1000 k.
  const power = Math.floor(Math.log10(Math.abs(Number(value.toPrecision(3)))) / 3)
  const index = Math.min(Math.max(power, 1), units.length)
  const inUnit = value / 1_000 ** index
  return `${trimmed(inUnit, Math.abs(inUnit) < 10 ? 1 : 0)} ${units[index - 1] ?? ''}`
}

function trimmed(value: number, digits: number): string {
  return value.toFixed(digits).replace(/\.0+$/, '')
}

function pair(
  [large, largeUnit]: readonly [number, string],
  [small, smallUnit]: readonly [number, string],
): string {
  const whole = Math.floor(small)
  return whole === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${whole} ${smallUnit}`
}
