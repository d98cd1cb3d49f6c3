// The first look: is it well, what is it used for, what does it cost.
import { type Board } from './board';
import { type Colours, graph, stat, table } from './panels';
import * as q from './queries';

/** Of shares that should be near 1. */
export const goodShare: Colours = ['red', [0.95, 'orange'], [0.99, 'green']];
export const firstTokenColours: Colours = ['green', [2.5, 'orange'], [5, 'red']];

const calls = q.rate('tokenweir_calls_total', q.byModel);
const firstToken = 'tokenweir_time_to_first_token_seconds';
const toModels =
    '/d/tokenweir-models?${__url_time_range}&${job:queryparam}&${instance:queryparam}&var-model=${__value.text}';

export const firing = {
    title: 'Firing alerts',
    description: 'What asks for attention? docs/alerts.md has a page for each.',
    unit: 'none',
    labels: ['alertname', 'severity', 'slo', 'route', 'provider', 'model', 'instance'],
    columns: [
        {
            name: 'Firing',
            expr: 'sum by (alertname, severity, slo, route, provider, model, instance) (ALERTS{job=~"$job", alertstate="firing"})',
            unit: 'none',
        },
    ],
    sortBy: 'severity',
};

export const overview: Board = {
    uid: 'tokenweir-overview',
    title: 'Tokenweir / Overview',
    description: 'The first look: is it well, what is it used for, what does it cost.',
    variables: ['route', 'provider', 'model'],
    sections: [
        {
            title: 'Now',
            panels: [
                stat({
                    title: 'Calls',
                    description: 'How much is going on?',
                    unit: 'reqps',
                    expr: q.sum(calls),
                }),
                stat({
                    title: 'Answered',
                    description:
                        "Which share of the calls got its answer? Leaves out what was the client's fault and what the client gave up.",
                    unit: 'percentunit',
                    expr: `1 - ${q.orZero(q.sum(q.failedCalls(q.rate)))} / ${q.sum(q.countedCalls(q.rate))}`,
                    colours: goodShare,
                }),
                stat({
                    title: 'First token, 95th percentile',
                    description: 'How long do users wait until an answer begins?',
                    unit: 's',
                    expr: q.quantile(0.95, firstToken, q.byModel),
                    colours: firstTokenColours,
                }),
                stat({
                    title: 'Output tokens',
                    description: 'How much do the models write, reasoning included?',
                    unit: 'wps',
                    expr: q.sum(q.rate('tokenweir_tokens_total', q.byModel, 'kind=~"output|reasoning"')),
                }),
                stat({
                    title: 'Spend per hour',
                    description: 'What does it cost at the present pace? Calls without a price are not in it.',
                    unit: 'currencyUSD',
                    expr: `${q.orZero(q.sum(q.rate('tokenweir_cost_usd_total', q.byModel)))} * 3600`,
                }),
                stat({
                    title: 'In flight',
                    description:
                        'How many calls are under way? On all routes: a call under way is not counted by model.',
                    unit: 'short',
                    expr: q.sum(q.select('tokenweir_calls_in_flight', q.byInstance)),
                }),
            ],
        },
        {
            title: 'Traffic',
            panels: [
                graph({
                    title: 'How calls end',
                    description: 'Do calls succeed, and if not, who ends them?',
                    unit: 'reqps',
                    width: 12,
                    stacked: true,
                    lines: [['{{outcome}}', q.sum(calls, 'outcome')]],
                }),
                graph({
                    title: 'Time to first token',
                    description:
                        'Is the wait for the first token changing? The points are calls: each leads to its trace.',
                    unit: 's',
                    width: 12,
                    exemplars: true,
                    lines: [
                        ['median', q.quantile(0.5, firstToken, q.byModel)],
                        ['95th percentile', q.quantile(0.95, firstToken, q.byModel)],
                        ['99th percentile', q.quantile(0.99, firstToken, q.byModel)],
                    ],
                    marks: firstTokenColours,
                }),
                graph({
                    title: 'Calls by model',
                    description: 'Which models are used?',
                    unit: 'reqps',
                    stacked: true,
                    lines: [['{{provider}} {{model}}', q.sum(calls, 'provider, model')]],
                }),
                graph({
                    title: 'Failures by type',
                    description: 'What goes wrong?',
                    unit: 'reqps',
                    stacked: true,
                    lines: [['{{error_type}}', q.sum(q.rate('tokenweir_errors_total', q.byModel), 'error_type')]],
                }),
                graph({
                    title: 'Spend by model',
                    description: 'Which models cost how much an hour?',
                    unit: 'currencyUSD',
                    stacked: true,
                    lines: [
                        [
                            '{{provider}} {{model}}',
                            `${q.sum(q.rate('tokenweir_cost_usd_total', q.byModel), 'provider, model')} * 3600`,
                        ],
                    ],
                }),
            ],
        },
        {
            title: 'Models and alerts',
            panels: [
                table({
                    title: 'Models',
                    description: 'Which model does what, within the range shown? A model leads to its details.',
                    unit: 'short',
                    width: 15,
                    labels: ['provider', 'model'],
                    columns: [
                        {
                            name: 'Calls',
                            expr: q.sum(q.added('tokenweir_calls_total', q.byModel), 'provider, model'),
                            unit: 'short',
                        },
                        {
                            name: 'Answered',
                            expr:
                                `${q.sum(q.added('tokenweir_calls_total', q.byModel, 'outcome="ok"'), 'provider, model')}` +
                                ` / ${q.sum(q.countedCalls(q.added), 'provider, model')}`,
                            unit: 'percentunit',
                            colours: goodShare,
                        },
                        {
                            name: 'First token, 95th',
                            expr: q.quantile(0.95, firstToken, q.byModel, 'provider, model'),
                            unit: 's',
                            colours: firstTokenColours,
                        },
                        {
                            name: 'Tokens',
                            expr: q.sum(q.added('tokenweir_tokens_total', q.byModel), 'provider, model'),
                            unit: 'short',
                        },
                        {
                            name: 'Spend',
                            expr: q.sum(q.added('tokenweir_cost_usd_total', q.byModel), 'provider, model'),
                            unit: 'currencyUSD',
                        },
                    ],
                    sortBy: 'Calls',
                    link: ['model', toModels],
                }),
                table({ ...firing, width: 9 }),
            ],
        },
    ],
};
