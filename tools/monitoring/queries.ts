import type { Query } from './dashboard.ts'

/** Of requests that failed by no fault of their client: 5xx, and streams that broke off after their 200. */
const FAULTS = 'status=~"5..|200",code!~"|content_blocked|client_closed"'

/** Per second, by some labels. */
export function rate(selector: string, by: string): string {
  return `sum by (${by}) (rate(${selector}[$__rate_interval]))`
}

/** How much came in the time that is shown, by some labels. */
export function increase(selector: string, by: string): string {
  return `sum by (${by}) (increase(${selector}[$__range]))`
}

/** Quantiles of a histogram over everything, each a line. */
export function quantiles(metric: string, selector = ''): readonly Query[] {
  return ([0.5, 0.95, 0.99] as const).map((share) => ({
    expr: `histogram_quantile(${share}, sum by (le) (rate(${metric}_bucket${braced(selector)}[$__rate_interval])))`,
    legend: `p${share * 100}`,
  }))
}

/** One quantile, a line for each value of a label. */
export function quantile(share: number, metric: string, { by, selector = '' }: { readonly by: string; readonly selector?: string }): Query {
  return {
    expr: `histogram_quantile(${share}, sum by (le, ${by}) (rate(${metric}_bucket${braced(selector)}[$__rate_interval])))`,
    legend: `{{${by}}} p${share * 100}`,
  }
}

/** Share of requests that failed; 0 where none did. */
export function faultShare(by: string, selector = ''): string {
  const more = selector === '' ? '' : `,${selector}`
  const all = rate(`jairouter_requests_total${braced(selector)}`, by)
  return `(${rate(`jairouter_requests_total{${FAULTS}${more}}`, by)} or ${all} * 0) / ${all}`
}

function braced(selector: string): string {
  return selector === '' ? '' : `{${selector}}`
}
