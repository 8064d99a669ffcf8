/** The answers that clients have received, by worker and by turn of the worker's event loop. */
export class Answers {
  readonly #byPid = new Map<string, WorkerAnswers>()
  #recent = new Set<string>()

  /** @param text lines with the pid of a worker and the number of a turn. @returns the pid. */
  add(text: string): string {
    const [pid = '', turn = ''] = text.trim().split(' ')
    const worker = this.#byPid.get(pid) ?? { total: 0, turn: -1, ofTurn: 0 }
    this.#byPid.set(pid, worker)
    worker.total += 1
    const number = Number(turn)
    // Connections deliver answers of one turn in any order.
    if (number > worker.turn) Object.assign(worker, { turn: number, ofTurn: 0 })
    if (number === worker.turn) worker.ofTurn += 1
    this.#recent.add(pid)
    return pid
  }

  /** The workers that have answered since the last call. */
  takeRecent(): string[] {
    const recent = [...this.#recent]
    this.#recent = new Set()
    return recent
  }

  /** The answers of a worker, and removes them. */
  take(pid: string): Readonly<WorkerAnswers> {
    const worker = this.#byPid.get(pid) ?? { total: 0, turn: -1, ofTurn: 0 }
    this.#byPid.delete(pid)
    return worker
  }
}

export interface WorkerAnswers {
  total: number
  /** The latest turn. */
  turn: number
  /** Answers of the latest turn. */
  ofTurn: number
}
