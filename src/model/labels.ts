import type { Attributes, AttributeValue } from './metric.ts'

/**
 * Sets a label on a series. As in Prometheus, the application's value of the same label gets the
 * name `exported_<label>`.
 */
export function withLabel(attributes: Attributes, name: string, value: AttributeValue): Attributes {
  if (!(name in attributes)) return { [name]: value, ...attributes }
  const { [name]: given, ...others } = attributes
  return { [name]: value, [`exported_${name}`]: given, ...others }
}
