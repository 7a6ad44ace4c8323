import { expect, test } from 'vitest'
import { classesOf, classOf } from '../src/pages/situation/charts/classes'

test('nothing reported: no classes; only zeros: the class of zero', () => {
  expect(classesOf([])).toEqual([])
  expect(classesOf([0, 0])).toEqual([{ from: 0, to: 0, step: 0 }])
})

test('every value has exactly one class, and greater values never a weaker colour', () => {
  for (const values of [[1], [1, 2, 3], [0, 4, 12, 26], [3, 800, 24477, 99370], [0.5, 7.25], [10 ** 9, 1]]) {
    const classes = classesOf(values)
    const steps = [...values].sort((a, b) => a - b).map((value) => classOf(value, classes)!.step)
    expect(steps).toEqual([...steps].sort((a, b) => a - b))
    expect(Math.max(...steps)).toBeLessThanOrEqual(5)
    for (const each of classes) expect(values.some((value) => classOf(value, classes) === each)).toBe(true)
  }
})
