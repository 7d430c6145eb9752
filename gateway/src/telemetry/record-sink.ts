import type { RequestRecord } from './request-record.ts'

/** Where records of requests go that are over. */
export interface RecordSink {
  /** Costs nothing but a place in a bounded buffer; without one, the record is counted and forgotten. */
  add(record: RequestRecord): void
  /** So many were forgotten. */
  readonly dropped: number
}
