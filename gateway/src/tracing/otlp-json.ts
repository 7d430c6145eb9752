import { flagsOf, nanosecondsOf, STATUS_ERROR, type SpanSource } from './otlp-protobuf.ts'
import type { Attributes, AttributeValue, Span } from './span.ts'

/** The same message in OTLP's JSON: ids in hex, integers of 64 bits as texts. One line, as OpenTelemetry's file receivers read it. */
export function encodeJson({ resource, scope }: SpanSource, spans: Iterable<Span>): Buffer {
  const scopeSpans = [{ scope, spans: Array.from(spans, spanOf) }]
  return Buffer.from(`${JSON.stringify({ resourceSpans: [{ resource: { attributes: attributesOf(resource) }, scopeSpans }] })}\n`)
}

function spanOf(span: Span): object {
  return {
    traceId: span.traceId,
    spanId: span.id,
    ...(span.state === undefined ? {} : { traceState: span.state }),
    ...(span.parentId === undefined ? {} : { parentSpanId: span.parentId }),
    name: span.name,
    kind: span.kind,
    startTimeUnixNano: String(nanosecondsOf(span.startMs)),
    endTimeUnixNano: String(nanosecondsOf(span.endMs)),
    attributes: attributesOf(span.attributes),
    events: span.events.map(({ name, atMs, attributes }) => ({
      timeUnixNano: String(nanosecondsOf(atMs)),
      name,
      attributes: attributesOf(attributes),
    })),
    status: span.failed ? { code: STATUS_ERROR } : {},
    flags: flagsOf(span),
  }
}

function attributesOf(attributes: Attributes): object[] {
  return Object.entries(attributes).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value: valueOf(value) }]))
}

function valueOf(value: AttributeValue): object {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value !== 'number') return { arrayValue: { values: value.map((each) => ({ stringValue: each })) } }
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}
