import { lines, type Placed, timeline } from '../../panels.ts'
import { max, series, sum, top } from '../../promql.ts'
import { difference, half, keys, name, third } from './of-master.ts'

export function wanted(): Placed {
  return lines({
    ...half,
    title: 'Wanted and actual workers',
    description: 'TTIN and TTOU change the wanted number. All chosen instances together.',
    unit: 'short',
    queries: [{ expression: sum('state', series('gunicorn_master_workers')), legend: '{{state}}' }],
  })
}

const reloadStates = [
  { value: 0, text: 'as configured', color: 'green' },
  { value: 1, text: 'more: reload or hand-over', color: 'blue' },
  { value: 2, text: 'fewer than configured', color: 'red' },
] as const

/** There is no metric of a reload: more workers than configured live while the master reloads. */
export function reload(): Placed {
  const fewer = `2 * (${difference} > bool 0)`
  const more = `(${difference} < bool 0)`
  return timeline({
    ...half,
    title: 'Reloads and missing workers',
    description:
      'A reload starts new workers before old workers retire, so a blue part is as long as the ' +
      'reload. A red part: workers died, or do not boot.',
    page: 'docs/run.md#reload',
    unit: 'short',
    queries: [{ expression: max(keys, `${more} + ${fewer}`), legend: name }],
    states: reloadStates,
  })
}

export function missing(): Placed {
  return lines({
    ...third,
    title: 'Missing workers',
    description: 'Configured workers that do not live.',
    unit: 'short',
    queries: [{ expression: top(max(keys, `clamp_min(${difference}, 0)`)), legend: name }],
    steps: [{ from: 1, color: 'red' }],
  })
}

export function ages(): Placed {
  const age = series('gunicorn_worker_uptime_seconds')
  return lines({
    ...third,
    title: 'Age of workers',
    description: 'The oldest and the youngest worker. After a reload, both begin again.',
    page: 'docs/metrics.md#workers',
    python: { partly: 'the age of ended workers stays.' },
    unit: 's',
    queries: [
      { expression: top(max(keys, age)), legend: `oldest ${name}` },
      { expression: top(`min by (${keys}) (${age})`), legend: `youngest ${name}` },
    ],
  })
}

export function spread(): Placed {
  const start = series('gunicorn_worker_start_time_seconds')
  return lines({
    ...third,
    title: 'Spread of start times',
    description:
      'Seconds between the starts of the oldest and the youngest worker. After a reload, about ' +
      'the duration of the reload. A later restart makes the line jump.',
    page: 'docs/run.md#reload',
    unit: 's',
    queries: [
      { expression: top(`${max(keys, start)} - min by (${keys}) (${start})`), legend: name },
    ],
  })
}
