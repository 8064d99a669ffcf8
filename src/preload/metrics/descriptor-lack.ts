import { logChange } from '../../log/log.ts'
import { coded } from '../../model/errors/coded-text.ts'
import { errorCodeOf } from '../../support/error-code.ts'
import { failureChanges } from '../../support/failure-changes.ts'

/**
 * Tells the operator when this process begins to lack descriptors, and when it has some again. The
 * servers do not tell: without a free descriptor, Node.js closes new connections without an error.
 */
export class DescriptorLack {
  #error: string | undefined
  readonly #report = failureChanges({
    onFailing: (error) =>
      logChange(
        'descriptors',
        coded(
          'GPE_NO_DESCRIPTOR',
          `the process has no free descriptor (${error}): its servers and the metrics endpoint ` +
            'close new connections. Raise the limit of open files, such as by ulimit -n.',
        ),
      ),
    onRecovered: () => logChange('descriptors', coded('GPE_RECOVERED', freeText)),
  })

  /** Takes the error of a read. */
  note(error: unknown): void {
    const code = errorCodeOf(error)
    if (code === 'EMFILE' || code === 'ENFILE') this.#error = code
  }

  /** Call after each round of reads. */
  endRound(): void {
    this.#report(this.#error)
    this.#error = undefined
  }
}

const freeText = 'the process has free descriptors again'
