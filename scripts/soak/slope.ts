/** One reading of a figure. */
export interface Reading {
  readonly hours: number
  readonly value: number
}

/** The slope of the least-squares line through the readings, per hour. NaN below two readings. */
export function slopePerHour(readings: readonly Reading[]): number {
  const meanOf = (values: readonly number[]): number =>
    values.reduce((total, value) => total + value, 0) / values.length
  const meanHours = meanOf(readings.map(({ hours }) => hours))
  const meanValue = meanOf(readings.map(({ value }) => value))
  let [products, squares] = [0, 0]
  for (const { hours, value } of readings) {
    products += (hours - meanHours) * (value - meanValue)
    squares += (hours - meanHours) ** 2
  }
  return products / squares
}
