import { expect, test } from 'vitest'
import { chooseLayout, parseCoreList } from './core-layout.ts'

test.each([
  { text: '0-1', cores: [0, 1] },
  { text: '0,3-5,9', cores: [0, 3, 4, 5, 9] },
  { text: '', cores: [] },
  { text: 'none', cores: [] },
])('the cores of "$text"', ({ text, cores }) => {
  expect(parseCoreList(text)).toEqual(cores)
})

test('on two cores the target has one to itself', () => {
  expect(chooseLayout([0, 1], true)).toEqual({
    target: 1,
    load: 0,
    mock: 0,
    description: 'target on core 1, load generator and mock on core 0',
  })
})

test('on three cores everyone has one', () => {
  expect(chooseLayout([2, 4, 7], true)).toMatchObject({ target: 4, load: 2, mock: 7 })
})

test.each([
  { cores: [0, 1], canPin: false, why: /NOT pinned: taskset/ },
  { cores: [0], canPin: true, why: /NOT pinned: there is only one core/ },
])('says why nothing is pinned: $why', ({ cores, canPin, why }) => {
  const layout = chooseLayout(cores, canPin)
  expect(layout).toMatchObject({ target: undefined, load: undefined, mock: undefined })
  expect(layout.description).toMatch(why)
})
