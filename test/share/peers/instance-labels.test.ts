import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { InstanceLabels } from '../../../src/share/peers/instance-labels.ts'
import { counted, depth } from '../../support/redis/source-state.ts'

describe('Instance labels', () => {
  test('add the instance to each series and change nothing else', () => {
    const labels = new InstanceLabels('host-1')
    const points = [1, 2].map((value) => ({ attributes: { kind: `k${value}` }, value }))
    assert.equal(labels.instance, 'host-1')
    assert.deepEqual(labels.on([counted(5), { descriptor: depth, points }]), [
      counted(5, { instance: 'host-1' }),
      {
        descriptor: depth,
        points: [
          { attributes: { instance: 'host-1', kind: 'k1' }, value: 1 },
          { attributes: { instance: 'host-1', kind: 'k2' }, value: 2 },
        ],
      },
    ])
  })

  test('rename an instance label of the application to exported_instance', () => {
    const [metric] = new InstanceLabels('host-1').on([counted(1, { instance: 'i-123' })])
    assert.deepEqual(metric?.points[0]?.attributes, {
      instance: 'host-1',
      exported_instance: 'i-123',
    })
  })

  test('show no escape sequence and no mark of the writing direction', () => {
    const labels = new InstanceLabels('host\u001b[2J\u202e-1\u200b')
    const [metric] = labels.on([counted(1)])
    assert.deepEqual(metric?.points[0]?.attributes, {
      instance: 'host\\u{1b}[2J\\u{202e}-1\\u{200b}',
    })
  })

  test('are the same object for the same attributes', () => {
    const labels = new InstanceLabels('host-1')
    const attributes = { kind: 'a' }
    const labelled = [1, 2].map((value) => labels.on([counted(value, attributes)])[0]?.points[0])
    assert.equal(labelled[0]?.attributes, labelled[1]?.attributes)
    assert.deepEqual(
      labelled.map((point) => point?.value),
      [1, 2],
    )
    const [other] = labels.on([counted(1, { ...attributes })])
    assert.notEqual(other?.points[0]?.attributes, labelled[0]?.attributes)
  })
})
