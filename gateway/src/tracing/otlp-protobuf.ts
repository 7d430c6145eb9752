import { ProtobufWriter } from './protobuf-writer.ts'
import type { Attributes, AttributeValue, Span, SpanEvent } from './span.ts'

/** What all spans of this process have in common. */
export interface SpanSource {
  /** Of OpenTelemetry's resource. */
  readonly resource: Attributes
  readonly scope: { readonly name: string; readonly version: string }
}

export const STATUS_ERROR = 2
const HAS_REMOTE = 0x100
const IS_REMOTE = 0x200

/** Spans -> an `ExportTraceServiceRequest` of OTLP 1.x. The numbers are those of opentelemetry/proto/trace/v1/trace.proto. */
export function encodeProtobuf({ resource, scope }: SpanSource, spans: Iterable<Span>): Buffer {
  const writer = new ProtobufWriter()
  writer.message(1, () => {
    writer.message(1, () => writeAttributes(writer, 1, resource))
    writer.message(2, () => {
      writer.message(1, () => {
        writer.text(1, scope.name)
        writer.text(2, scope.version)
      })
      for (const span of spans) writer.message(2, () => writeSpan(writer, span))
    })
  })
  return writer.bytes
}

function writeSpan(writer: ProtobufWriter, span: Span): void {
  writer.hex(1, span.traceId)
  writer.hex(2, span.id)
  if (span.state !== undefined) writer.text(3, span.state)
  if (span.parentId !== undefined) writer.hex(4, span.parentId)
  writer.text(5, span.name)
  writer.integer(6, span.kind)
  writer.fixed64(7, nanosecondsOf(span.startMs))
  writer.fixed64(8, nanosecondsOf(span.endMs))
  writeAttributes(writer, 9, span.attributes)
  for (const event of span.events) writer.message(11, () => writeEvent(writer, event))
  if (span.failed) writer.message(15, () => writer.integer(3, STATUS_ERROR))
  writer.fixed32(16, flagsOf(span))
}

/** As W3C has them, and what is known of the parent. */
export function flagsOf({ sampled, remoteParent }: Span): number {
  return (sampled ? 1 : 0) | HAS_REMOTE | (remoteParent ? IS_REMOTE : 0)
}

function writeEvent(writer: ProtobufWriter, { name, atMs, attributes }: SpanEvent): void {
  writer.fixed64(1, nanosecondsOf(atMs))
  writer.text(2, name)
  writeAttributes(writer, 3, attributes)
}

function writeAttributes(writer: ProtobufWriter, field: number, attributes: Attributes): void {
  for (const key in attributes) {
    const value = attributes[key]
    if (value === undefined) continue
    writer.message(field, () => {
      writer.text(1, key)
      writer.message(2, () => writeValue(writer, value))
    })
  }
}

function writeValue(writer: ProtobufWriter, value: AttributeValue): void {
  if (typeof value === 'string') writer.text(1, value)
  else if (typeof value === 'boolean') writer.integer(2, value ? 1 : 0)
  else if (typeof value !== 'number')
    writer.message(5, () => {
      for (const each of value) writer.message(1, () => writer.text(1, each))
    })
  else if (Number.isSafeInteger(value)) writer.integer(3, value)
  else writer.double(4, value)
}

/** A float of so many nanoseconds would be exact to a quarter of a microsecond only. */
export function nanosecondsOf(milliseconds: number): bigint {
  const whole = Math.floor(milliseconds)
  return BigInt(whole) * 1_000_000n + BigInt(Math.round((milliseconds - whole) * 1_000_000))
}
