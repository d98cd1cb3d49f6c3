// Whether the objectives are kept, and what stands in the way.
import { type Board } from './board';
import { firing } from './overview';
import { type Colours, graph, stat, table } from './panels';
import * as q from './queries';

const byRecorded = 'job=~"$job", route=~"$route"';
const burnColours: Colours = ['green', [1, 'orange'], [6, 'red'], [14.4, 'dark-red']];

function goodOf(slo: string): string {
    const events = (kind: string) =>
        `sum(sum_over_time(slo_route:tokenweir_${kind}:rate5m{${byRecorded}, slo="${slo}"}[$__range]))`;
    return `1 - ${events('bad_events')} / ${events('events')}`;
}

function objective(title: string, slo: string, description: string, [low, good]: [number, number]) {
    const colours: Colours = ['red', [low, 'orange'], [good, 'green']];
    return stat({
        title,
        description,
        unit: 'percentunit',
        width: 6,
        now: true,
        decimals: 3,
        expr: goodOf(slo),
        colours,
    });
}

function burn(name: string, window: string) {
    const expr = `max by (slo, route) (slo_route:tokenweir_burn:ratio${window}{${byRecorded}})`;
    return { name, expr, unit: 'none', colours: burnColours };
}

const calls = q.rate('tokenweir_calls_total', q.byModel);
const all = q.sum(calls);

export const slo: Board = {
    uid: 'tokenweir-slo',
    title: 'Tokenweir / Objectives and errors',
    description: 'Whether the objectives are kept, and what stands in the way.',
    variables: ['route', 'provider', 'model'],
    sections: [
        {
            title: 'Objectives, in the range shown',
            panels: [
                objective(
                    'Answered calls',
                    'availability',
                    'Did calls get their answer? Objective: 99.9 %.',
                    [0.99, 0.999],
                ),
                objective(
                    'Prompt streams',
                    'first_token',
                    'Did the first token come within 5 s? Objective: 95 %.',
                    [0.9, 0.95],
                ),
                objective(
                    'Even streams',
                    'inter_token',
                    'Did the next token come within 0.64 s? Objective: 99 %.',
                    [0.97, 0.99],
                ),
                objective(
                    'Complete streams',
                    'stream_completion',
                    'Did streams that had begun come to their end? Objective: 99.5 %.',
                    [0.98, 0.995],
                ),
                graph({
                    title: 'Burn of the error budgets',
                    description:
                        'How fast is each budget being used up? At 1 it lasts for its 30 days; at 14.4 somebody is woken.',
                    unit: 'none',
                    width: 12,
                    height: 9,
                    lines: [
                        ['{{slo}} {{route}}', `max by (slo, route) (slo_route:tokenweir_burn:ratio1h{${byRecorded}})`],
                    ],
                    marks: burnColours,
                }),
                table({
                    title: 'Burn by window',
                    description:
                        'Is it a moment or does it last? The share of the budget of each window that was used.',
                    unit: 'none',
                    width: 12,
                    labels: ['slo', 'route'],
                    columns: [
                        burn('5 minutes', '5m'),
                        burn('1 hour', '1h'),
                        burn('6 hours', '6h'),
                        burn('3 days', '3d'),
                    ],
                    sortBy: '1 hour',
                }),
            ],
        },
        {
            title: 'Failures',
            panels: [
                graph({
                    title: 'Failures by outcome',
                    description: 'In which ways do calls fail?',
                    unit: 'reqps',
                    stacked: true,
                    lines: [
                        [
                            '{{outcome}}',
                            q.sum(q.rate('tokenweir_calls_total', q.byModel, 'outcome!~"ok|cancelled_.+"'), 'outcome'),
                        ],
                    ],
                }),
                graph({
                    title: 'Failures by type',
                    description: 'With which error?',
                    unit: 'reqps',
                    stacked: true,
                    lines: [['{{error_type}}', q.sum(q.rate('tokenweir_errors_total', q.byModel), 'error_type')]],
                }),
                graph({
                    title: 'Failing share by model',
                    description: "At whom? Failures of every kind, the client's own included.",
                    unit: 'percentunit',
                    lines: [
                        [
                            '{{provider}} {{model}}',
                            `${q.sum(q.rate('tokenweir_errors_total', q.byModel), 'provider, model')}` +
                                ` / ${q.sum(calls, 'provider, model')}`,
                        ],
                    ],
                }),
                table({
                    title: 'Failures',
                    description: 'Which failures were there, within the range shown?',
                    unit: 'short',
                    width: 16,
                    labels: ['route', 'operation', 'provider', 'model', 'error_type'],
                    columns: [
                        {
                            name: 'Calls',
                            expr: q.sum(
                                q.added('tokenweir_errors_total', q.byModel),
                                'route, operation, provider, model, error_type',
                            ),
                            unit: 'short',
                        },
                    ],
                    sortBy: 'Calls',
                }),
                graph({
                    title: 'Responses by status',
                    description: 'Which statuses were clients sent?',
                    unit: 'reqps',
                    height: 9,
                    stacked: true,
                    lines: [['{{status_class}}', q.sum(calls, 'status_class')]],
                }),
            ],
        },
        {
            title: 'Clients',
            panels: [
                graph({
                    title: 'Turned away with 429',
                    description: "Which share of the calls is over a provider's limit?",
                    unit: 'percentunit',
                    lines: [
                        [
                            '{{provider}} {{model}}',
                            `${q.sum(q.rate('tokenweir_calls_total', q.byModel, 'outcome="rate_limited"'), 'provider, model')}` +
                                ` / ${q.sum(calls, 'provider, model')}`,
                        ],
                    ],
                }),
                graph({
                    title: 'Left by the client',
                    description:
                        'Do clients lose patience, before the first token or after, and was it their own timer?',
                    unit: 'percentunit',
                    lines: [
                        [
                            '{{outcome}}',
                            `${q.sum(q.rate('tokenweir_calls_total', q.byModel, 'outcome=~"cancelled_.+"'), 'outcome')}` +
                                ` / on () group_left () ${all}`,
                        ],
                        [
                            'by a timer',
                            `${q.orZero(q.sum(q.rate('tokenweir_client_timeouts_total', q.byModel)))} / ${all}`,
                        ],
                    ],
                }),
                graph({
                    title: 'Repeated calls',
                    description: 'Which share of the calls repeats an earlier one?',
                    unit: 'percentunit',
                    lines: [
                        [
                            '{{route}}',
                            `${q.sum(q.rate('tokenweir_client_retries_total', q.byModel), 'route')} / ${q.sum(calls, 'route')}`,
                        ],
                    ],
                }),
            ],
        },
        {
            title: 'Alerts',
            panels: [
                table({ ...firing, width: 12 }),
                graph({
                    title: 'Alerts over time',
                    description: 'When did which alert fire?',
                    unit: 'none',
                    width: 12,
                    height: 9,
                    stacked: true,
                    lines: [['{{alertname}}', 'sum by (alertname) (ALERTS{job=~"$job", alertstate="firing"})']],
                }),
            ],
        },
    ],
};
