import { other } from '../../model/endpoint.ts'
import type { Fold } from './label-counts.ts'

/** Keeps the endpoint: a client can choose methods and names of errors. */
const withoutNames: Fold = (attributes) => ({ ...attributes, method: other, error_type: other })

export const failedFolds: readonly [Fold, Fold] = [
  withoutNames,
  (attributes) => ({ ...attributes, status_code: '' }),
]

export const handledFolds: readonly [Fold, Fold] = [withoutNames, withoutNames]
