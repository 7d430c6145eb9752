import { describe, expect, it } from 'vitest'
import { ADAPTIVE_MODEL, BUDGET_MODEL, OLD_MODEL, refusedParam } from './fixtures/calls.ts'
import { abilitiesOf } from './model-abilities.ts'
import { encodeSampling } from './sampling.ts'

const ALL = { temperature: 0.5, top_p: 0.9, top_k: 40 }
const encode = (fields: object, model: string, thinks = false) => encodeSampling({ ...fields }, abilitiesOf(model), thinks)

describe('encodeSampling', () => {
  it.each([
    [0, 0],
    [1, 1],
    [1.01, 1],
    [2, 1],
    [-0.1, 0],
    [0.99, 0.99],
  ])('clamps the temperature %d to %d', (given, written) =>
    expect(encode({ temperature: given }, OLD_MODEL)).toEqual({ temperature: written }),
  )

  it.each([
    [ALL, OLD_MODEL, ALL],
    [ALL, BUDGET_MODEL, { temperature: 0.5, top_k: 40 }],
    [{ top_p: 0.9 }, BUDGET_MODEL, { top_p: 0.9 }],
    [ALL, ADAPTIVE_MODEL, {}],
    [{}, OLD_MODEL, {}],
    [{ temperature: null, top_p: null, top_k: null }, OLD_MODEL, {}],
  ])('%j at %s', (fields, model, written) => expect(encode(fields, model)).toEqual(written))

  it('leaves all out beside thinking', () => expect(encode(ALL, OLD_MODEL, true)).toEqual({}))

  it.each(['temperature', 'top_p', 'top_k'])('refuses a text as %s, whatever the model', (name) => {
    expect(refusedParam(() => encode({ [name]: '1' }, ADAPTIVE_MODEL))).toBe(name)
  })
})
