import { expect, test } from 'vitest'
import { encodeJson } from './otlp-json.ts'
import { SPAN_KIND, type Span } from './span.ts'

const SPAN: Span = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  id: '00f067aa0ba902b7',
  parentId: undefined,
  remoteParent: false,
  state: undefined,
  sampled: true,
  name: 'chat "smart"',
  kind: SPAN_KIND.server,
  startMs: 1_764_500_000_000.25,
  endMs: 1_764_500_000_001.5,
  attributes: { text: 'a', whole: 3, part: 0.5, yes: true, list: ['x', 'y'], missing: undefined },
  events: [{ name: 'first_token', atMs: 1_764_500_000_001, attributes: { n: 1 } }],
  failed: false,
}

test('one line, as the JSON of OTLP has it', () => {
  const source = { resource: { 'service.name': 'jairouter' }, scope: { name: 'jairouter', version: '1.2.3' } }
  const failed: Span = {
    ...SPAN,
    parentId: 'b7ad6b7169203331',
    remoteParent: true,
    state: 'vendor=a',
    attributes: {},
    events: [],
    failed: true,
  }
  const text = encodeJson(source, [SPAN, failed]).toString()
  expect(text.indexOf('\n')).toBe(text.length - 1)
  expect(JSON.parse(text)).toEqual({
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'jairouter' } }] },
        scopeSpans: [
          {
            scope: { name: 'jairouter', version: '1.2.3' },
            spans: [
              {
                traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
                spanId: '00f067aa0ba902b7',
                name: 'chat "smart"',
                kind: 2,
                startTimeUnixNano: '1764500000000250000',
                endTimeUnixNano: '1764500000001500000',
                attributes: [
                  { key: 'text', value: { stringValue: 'a' } },
                  { key: 'whole', value: { intValue: '3' } },
                  { key: 'part', value: { doubleValue: 0.5 } },
                  { key: 'yes', value: { boolValue: true } },
                  { key: 'list', value: { arrayValue: { values: [{ stringValue: 'x' }, { stringValue: 'y' }] } } },
                ],
                events: [
                  { timeUnixNano: '1764500000001000000', name: 'first_token', attributes: [{ key: 'n', value: { intValue: '1' } }] },
                ],
                status: {},
                flags: 0x101,
              },
              expect.objectContaining({ parentSpanId: 'b7ad6b7169203331', traceState: 'vendor=a', status: { code: 2 }, flags: 0x301 }),
            ],
          },
        ],
      },
    ],
  })
})
