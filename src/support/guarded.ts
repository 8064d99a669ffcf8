import { apply } from './intrinsics/apply.ts'

/**
 * Returns a function that Node can call in the process of an application: an error of `act` never
 * reaches the application.
 * @param onFault must not throw.
 */
export function guarded<Values extends readonly unknown[]>(
  act: (...values: Values) => void,
  onFault: () => void,
): (...values: Values) => void {
  return (...values) => {
    try {
      apply(act, undefined, values)
    } catch {
      onFault()
    }
  }
}
