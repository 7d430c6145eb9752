import fc from 'fast-check'
import { expect, it } from 'vitest'
import { hideInComments } from './hide-in-comments.ts'

const KEY = 'sk-abcdefghijklmnop1234'
const SECRET = 'open sesame'

it('hides secrets and keys in comments, and nothing elsewhere', () => {
  const text = [
    `# before: ${SECRET}, now "${KEY}"`,
    `key: ${KEY} # was jr-0123456789abcdefXYZ`,
    `quoted: "# ${SECRET}"`,
    'block: |',
    `  # ${SECRET} is part of the text`,
    `list: [a#b, ${SECRET}] # short ones stay: sk-1 ab`,
    '',
  ]
  expect(hideInComments(text.join('\n'), [SECRET, 'ab']).split('\n')).toEqual([
    '# before: [hidden], now "[hidden]"',
    `key: ${KEY} # was [hidden]`,
    ...text.slice(2),
  ])
})

it('leaves every other text as it is, to the byte', () => {
  const piece = fc.constantFrom(
    'a: b',
    '\n',
    '\r\n',
    ' ',
    '\t',
    '# x',
    '- ',
    '"',
    "'",
    '|',
    '>',
    '{',
    '}',
    '[',
    ']',
    '\uFEFF',
    '%',
    '---',
    '&a',
    '*a',
    '好',
    '?',
    ':',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const text = pieces.join('')
      expect(hideInComments(text, [])).toBe(text)
    }),
    { numRuns: 2_000 },
  )
})
