import { expect, test } from 'vitest'
import { traceparent, traceParentOf } from './trace-context.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'
const GOOD = `00-${TRACE}-${SPAN}-01`

test.each([
  ['of this version', GOOD, true],
  ['not kept', `00-${TRACE}-${SPAN}-00`, false],
  ['with flags that nobody knows', `00-${TRACE}-${SPAN}-fe`, false],
  ['of a later version', `01-${TRACE}-${SPAN}-03`, true],
  ['of a later version that has more', `cc-${TRACE}-${SPAN}-01-what-is-this`, true],
])('a parent %s', (_what, header, sampled) => {
  expect(traceParentOf({ traceparent: header })).toEqual({ traceId: TRACE, spanId: SPAN, sampled, state: undefined })
})

test.each([
  ['none', undefined],
  ['nothing', ''],
  ['no hex', GOOD.replace('4bf', 'xyz')],
  ['capital letters', GOOD.toUpperCase()],
  ['a trace of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
  ['a span of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
  ['the version that never is', GOOD.replace('00-', 'ff-')],
  ['more than its version has', `${GOOD}-more`],
  ['a later version without a dash', `01-${TRACE}-${SPAN}-01x`],
  ['a short one', GOOD.slice(0, -1)],
  ['two of them', `${GOOD}, ${GOOD}`],
  ['a space before it', ` ${GOOD}`],
])('no parent: %s', (_what, header) => {
  expect(traceParentOf({ traceparent: header, tracestate: 'a=b' })).toBeUndefined()
})

test.each([
  ['vendor=a,other=b', 'vendor=a,other=b'],
  [['vendor=a', 'other=b'], 'vendor=a,other=b'],
  ['', undefined],
  ['vendor=\u0001', undefined],
  [Array.from({ length: 33 }, (_, index) => `v${index}=1`).join(','), undefined],
])('the state %j', (tracestate, state) => {
  expect(traceParentOf({ traceparent: GOOD, tracestate })?.state).toBe(state)
})

test('what is written can be read', () => {
  expect(traceParentOf({ traceparent: traceparent(TRACE, SPAN, false) })).toMatchObject({ traceId: TRACE, spanId: SPAN, sampled: false })
})
