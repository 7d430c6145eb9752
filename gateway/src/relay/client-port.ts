/** Headers of an answer; names in lower case. */
export type AnswerHeaders = Record<string, string>

/** The client as the relay sees it: someone who is answered once, whole or in pieces. */
export interface ClientPort {
  /** The client's address, proxies that are trusted seen through. */
  readonly address: string
  /** The request's end-to-end headers. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Something of an answer was sent: from here on no other one is possible. */
  readonly started: boolean
  /** The same client, to be answered in its own dialect; undefined where that is the canonical one. */
  readonly native?: ClientPort | undefined
  /** A whole answer. A text goes out in one write with its head; bytes need two. */
  send(status: number, headers: AnswerHeaders, body: Buffer | string): void
  /** The beginning of an answer in pieces. */
  start(status: number, headers: AnswerHeaders): void
  /** Undefined when the next piece may follow at once, else a promise for when it may (or the client is gone). */
  write(piece: Buffer): Promise<void> | undefined
  /** A comment in an event stream, which is begun if need be; of no effect where that is not possible (any more). */
  beat(comment: string): void
  /** Counts up with everything that is sent. */
  readonly written: number
  end(): void
  /** Breaks the connection, so that half an answer can't be taken for a whole one. */
  cut(): void
}
