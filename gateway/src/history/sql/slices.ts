/** A part of a time in which rows are counted: all of them, or those with these numbers, which stand for all. */
export interface Slice {
  readonly from: number
  readonly to: number
  readonly seqs?: { readonly from: number; readonly to: number; readonly ofAll: number }
}

export interface SliceInput {
  readonly from: number
  readonly to: number
  /** Number of the first row from the beginning of each slice on, and from the end of the last; undefined: there is none. */
  readonly edges: readonly (number | undefined)[]
  /** Of the last row. */
  readonly last: number
  readonly mostRows: number
}

/** Parts a time evenly, and says which rows of each part are to be looked at, so that there are not too many in all. Pure. */
export function slicesOf({ from, to, edges, last, mostRows }: SliceInput): { readonly slices: readonly Slice[]; readonly rate: number } {
  const count = edges.length - 1
  const most = Math.ceil(mostRows / count)
  let all = 0
  let seen = 0
  const slices = Array.from({ length: count }, (_, index): Slice => {
    const bounds = { from: Math.round(from + ((to - from) * index) / count), to: Math.round(from + ((to - from) * (index + 1)) / count) }
    const first = edges[index]
    const rows = first === undefined ? 0 : Math.max(0, (edges[index + 1] ?? last + 1) - first)
    all += rows
    seen += Math.min(rows, most)
    if (first === undefined || rows <= most) return bounds
    const start = first + Math.floor((rows - most) / 2)
    return { ...bounds, seqs: { from: start, to: start + most - 1, ofAll: rows } }
  })
  return { slices, rate: all === 0 ? 1 : seen / all }
}

/** What a row of the slice counts for. */
export function scaleOf({ seqs }: Slice): number {
  return seqs === undefined ? 1 : seqs.ofAll / (seqs.to - seqs.from + 1)
}
