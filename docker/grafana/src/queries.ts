// The label matchers that follow the variables of a dashboard, and the shapes of query that panels share.

export const byInstance = 'job=~"$job", instance=~"$instance"';
export const byRoute = `${byInstance}, route=~"$route"`;
export const byProvider = `${byRoute}, provider=~"$provider"`;
export const byModel = `${byProvider}, model=~"$model"`;

/** A series, narrowed by matchers; empty ones are left out. */
export function select(metric: string, ...matchers: string[]): string {
    return `${metric}{${matchers.filter((matcher) => matcher !== '').join(', ')}}`;
}

export function rate(metric: string, ...matchers: string[]): string {
    return `rate(${select(metric, ...matchers)}[$__rate_interval])`;
}

/** What was added within the whole range that the dashboard shows. */
export function added(metric: string, ...matchers: string[]): string {
    return `increase(${select(metric, ...matchers)}[$__range])`;
}

/** `labels`: what stays apart, such as 'model, outcome'; none: one sum. */
export function sum(vector: string, labels = ''): string {
    return labels === '' ? `sum(${vector})` : `sum by (${labels}) (${vector})`;
}

/** Where nothing has happened yet there is no series: that is 0. */
export function orZero(scalar: string): string {
    return `(${scalar} or vector(0))`;
}

export function quantile(q: number, histogram: string, matchers: string, labels = ''): string {
    const apart = labels === '' ? 'le' : `le, ${labels}`;
    return `histogram_quantile(${q}, ${sum(rate(`${histogram}_bucket`, matchers), apart)})`;
}

/** Sum over count of a histogram. */
export function mean(histogram: string, matchers: string, labels = ''): string {
    return `${sum(rate(`${histogram}_sum`, matchers), labels)} / ${sum(rate(`${histogram}_count`, matchers), labels)}`;
}

/** The calls that count for availability, and those of them that failed, as in the rules. */
export const countedCalls = (of: typeof rate) =>
    `${of('tokenweir_calls_total', byModel, 'outcome!~"client_error|cancelled_.+|rejected"')}` +
    ` or ${of('tokenweir_calls_total', byModel, 'outcome="rejected", status_class="5xx"')}`;
export const failedCalls = (of: typeof rate) =>
    `${of('tokenweir_calls_total', byModel, 'outcome!~"ok|client_error|cancelled_.+|rejected"')}` +
    ` or ${of('tokenweir_calls_total', byModel, 'outcome="rejected", status_class="5xx"')}`;
