import { STREAM_EVENTS } from '@jairouter/contract/management/stream'

/** One thing of a topic that is to be told. `time`: ISO. */
export interface Told {
  readonly topic: string
  readonly type: string
  readonly data: unknown
  readonly time: string
}

/** How a stream writes what it tells; `id`: the resume token, undefined where one can't resume from here. '' is nothing. */
export interface StreamFormat {
  open(streamId: string, id: string | undefined): string
  told(told: Told, id: string | undefined): string
  /** A topic as it is. `lost`: something before was not told. */
  snapshot(snapshot: Omit<Told, 'type'> & { readonly lost: boolean }, id: string | undefined): string
  /** What a topic followed is not there any more. */
  gone(topic: string): string
}

/** Of streams with several topics: each event names its own. */
export const MULTIPLEXED: StreamFormat = {
  open: (stream) => sseText(STREAM_EVENTS.open, { stream }),
  told: ({ topic, type, data, time }, id) => sseText(STREAM_EVENTS.delta, { topic, type, data, time }, id),
  snapshot({ topic, data, time, lost }, id) {
    const gap = lost ? sseText(STREAM_EVENTS.gap, { topic }) : ''
    return gap + sseText(STREAM_EVENTS.snapshot, { topic, data, time }, id)
  },
  gone: (topic) => sseText(STREAM_EVENTS.gap, { topic }),
}

/** Of streams with one topic, which has no state to begin with: each event is what it tells, under the name that `nameOf` gives. */
export function plainFormat(nameOf: (data: unknown) => string): StreamFormat {
  return {
    open: (stream, id) => sseText(STREAM_EVENTS.open, { stream }, id),
    told: ({ data }, id) => sseText(nameOf(data), data, id),
    snapshot: ({ lost }, id) => (lost ? sseText(STREAM_EVENTS.gap, {}, id) : ''),
    gone: () => sseText(STREAM_EVENTS.gap, {}),
  }
}

export function sseText(event: string, data: unknown, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}
