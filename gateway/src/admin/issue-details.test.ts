import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { issueDetails } from './issue-details.ts'

const schema = z.strictObject({
  name: z.string().min(2),
  size: z.int().max(5).optional(),
  kind: z.enum(['small', 'large']).optional(),
  either: z.union([z.string(), z.strictObject({ a: z.number() })]).optional(),
  tagged: z.discriminatedUnion('type', [z.object({ type: z.literal('x') }), z.object({ type: z.literal('y') })]).optional(),
  map: z.record(z.string().regex(/^\w+$/, 'expected a word'), z.number()).optional(),
})

const detailsOf = (sent: unknown) => {
  const read = schema.safeParse(sent)
  return read.success ? [] : issueDetails(read.error.issues, sent).map(({ pointer, code, message }) => `${pointer} ${code}: ${message}`)
}

describe('issueDetails', () => {
  it.each([
    [{}, ['/name required: is required']],
    [{ name: 1 }, ['/name invalid_type: expected string, received number']],
    [{ name: 'ab', size: 6 }, ['/size too_big: too big: expected number to be <=5']],
    [{ name: 'ab', kind: 'huge' }, ['/kind invalid_value: expected one of "small", "large"']],
    [{ name: 'ab', either: { a: 'x' } }, ['/either/a invalid_type: expected number, received string']],
    [{ name: 'ab', either: 5 }, ['/either invalid_type: expected string, received number or object, received number']],
    [{ name: 'ab', tagged: { type: 'z' } }, ['/tagged/type invalid_value: expected one of "x", "y"']],
    [{ name: 'ab', map: { 'a b': 1 } }, ['/map/a b invalid_key: expected a word']],
    [{ name: 'ab', other: 1, 'a/b': 2 }, ['/other unknown_field: is no field of this', '/a~1b unknown_field: is no field of this']],
    [undefined, [' required: is required']],
  ])('of %j are %j', (sent, expected) => {
    expect(detailsOf(sent)).toEqual(expected)
  })

  it('show no value', () => {
    const canary = 'canary-91f'
    const values = fc.constantFrom(canary, [canary], { a: canary }, { type: canary })
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('name', 'size', 'kind', 'either', 'tagged', 'map'), values), (sent) => {
        expect(JSON.stringify(detailsOf(sent))).not.toContain(canary)
      }),
    )
  })
})
