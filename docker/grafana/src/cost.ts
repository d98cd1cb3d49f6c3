// What the calls cost, which tokens they are made of, and how complete these figures are.
import { type Board } from './board';
import { graph, stat, table } from './panels';
import * as q from './queries';

const spend = q.rate('tokenweir_cost_usd_total', q.byModel);
const tokens = (...kinds: string[]) => q.rate('tokenweir_tokens_total', q.byModel, `kind=~"${kinds.join('|')}"`);
const input = tokens('uncached_input', 'cache_read', 'cache_creation');
const byCatalogue = `${q.byInstance}, provider=~"$provider", model=~"$model"`;
const billed = q.sum(q.added('tokenweir_cost_source_total', byCatalogue));
const answered = q.sum(q.added('tokenweir_calls_total', q.byModel, 'outcome="ok"'));

function tokenColumn(name: string, ...kinds: string[]) {
    const vector = q.added('tokenweir_tokens_total', q.byModel, `kind=~"${kinds.join('|')}"`);
    return { name, expr: q.sum(vector, 'provider, model'), unit: 'short' };
}

export const cost: Board = {
    uid: 'tokenweir-cost',
    title: 'Tokenweir / Cost and usage',
    description: 'What the calls cost, which tokens they are made of, and how complete these figures are.',
    variables: ['route', 'provider', 'model'],
    sections: [
        {
            title: 'In the range shown',
            panels: [
                stat({
                    title: 'Spend',
                    description: 'What did it cost?',
                    unit: 'currencyUSD',
                    now: true,
                    expr: q.orZero(q.sum(q.added('tokenweir_cost_usd_total', q.byModel))),
                }),
                stat({
                    title: 'Spend per hour',
                    description: 'What does it cost at the present pace?',
                    unit: 'currencyUSD',
                    expr: `${q.orZero(q.sum(spend))} * 3600`,
                }),
                stat({
                    title: 'A month at this pace',
                    description: 'What would a month cost that goes on like the range shown?',
                    unit: 'currencyUSD',
                    now: true,
                    expr: `${q.orZero(q.sum(q.added('tokenweir_cost_usd_total', q.byModel)))} / $__range_s * 730 * 3600`,
                }),
                stat({
                    title: 'Tokens',
                    description: 'How many tokens were used, of all kinds?',
                    unit: 'short',
                    now: true,
                    expr: q.orZero(q.sum(q.added('tokenweir_tokens_total', q.byModel))),
                }),
                stat({
                    title: 'Input from the cache',
                    description: 'Which share of the input was read from the cache, at a fraction of the price?',
                    unit: 'percentunit',
                    expr: `${q.orZero(q.sum(tokens('cache_read')))} / ${q.sum(input)}`,
                }),
                stat({
                    title: 'Calls without a price',
                    description:
                        'How complete are the dollars? The share of the billable calls that add nothing to them.',
                    unit: 'percentunit',
                    now: true,
                    expr:
                        `${q.orZero(q.sum(q.added('tokenweir_cost_source_total', byCatalogue, 'source=~"unpriced|no_model"')))}` +
                        ` / ${billed}`,
                    colours: ['green', [0.01, 'orange'], [0.1, 'red']],
                }),
            ],
        },
        {
            title: 'Money',
            panels: [
                graph({
                    title: 'Spend by model',
                    description: 'Which models cost how much an hour?',
                    unit: 'currencyUSD',
                    width: 12,
                    stacked: true,
                    lines: [['{{provider}} {{model}}', `${q.sum(spend, 'provider, model')} * 3600`]],
                }),
                graph({
                    title: 'Spend by route',
                    description: 'Which routes cost how much an hour?',
                    unit: 'currencyUSD',
                    width: 12,
                    stacked: true,
                    lines: [['{{route}}', `${q.sum(spend, 'route')} * 3600`]],
                }),
                graph({
                    title: 'Spend against the budget',
                    description: 'Is the hour within its budget? The budget is that of the rules.',
                    unit: 'currencyUSD',
                    lines: [
                        ['spend per hour', 'sum(job:tokenweir_spend_usd_per_hour:rate1h{job=~"$job"})'],
                        ['budget', 'max(tokenweir_budget_usd:hour)'],
                    ],
                }),
                graph({
                    title: 'Dollars a call',
                    description: 'Do calls become dearer?',
                    unit: 'currencyUSD',
                    lines: [
                        [
                            '{{provider}} {{model}}',
                            `${q.sum(spend, 'provider, model')}` +
                                ` / ${q.sum(q.rate('tokenweir_calls_total', q.byModel, 'outcome="ok"'), 'provider, model')}`,
                        ],
                    ],
                }),
                graph({
                    title: 'Dollars a million tokens',
                    description: 'What does a model really cost, with its mix of input, cache and output?',
                    unit: 'currencyUSD',
                    lines: [
                        [
                            '{{provider}} {{model}}',
                            `${q.sum(spend, 'provider, model')}` +
                                ` / ${q.sum(q.rate('tokenweir_tokens_total', q.byModel), 'provider, model')} * 1e6`,
                        ],
                    ],
                }),
            ],
        },
        {
            title: 'Tokens',
            panels: [
                graph({
                    title: 'Tokens by kind',
                    description: 'What are the tokens used for? The kinds do not overlap: their sum is the total.',
                    unit: 'wps',
                    stacked: true,
                    lines: [['{{kind}}', q.sum(q.rate('tokenweir_tokens_total', q.byModel), 'kind')]],
                }),
                graph({
                    title: 'Tokens by model',
                    description: 'Which models use them?',
                    unit: 'wps',
                    stacked: true,
                    lines: [
                        [
                            '{{provider}} {{model}}',
                            q.sum(q.rate('tokenweir_tokens_total', q.byModel), 'provider, model'),
                        ],
                    ],
                }),
                graph({
                    title: 'Input from the cache by model',
                    description: 'Where does the cache help, and did it stop to?',
                    unit: 'percentunit',
                    lines: [
                        [
                            '{{provider}} {{model}}',
                            `${q.sum(tokens('cache_read'), 'provider, model')} / ${q.sum(input, 'provider, model')}`,
                        ],
                    ],
                }),
                table({
                    title: 'Usage by model',
                    description: 'Which model took which tokens and dollars, within the range shown?',
                    unit: 'short',
                    labels: ['provider', 'model'],
                    columns: [
                        {
                            name: 'Calls',
                            expr: q.sum(q.added('tokenweir_calls_total', q.byModel), 'provider, model'),
                            unit: 'short',
                        },
                        tokenColumn('Uncached input', 'uncached_input'),
                        tokenColumn('Cache reads', 'cache_read'),
                        tokenColumn('Cache writes', 'cache_creation'),
                        tokenColumn('Output', 'output'),
                        tokenColumn('Reasoning', 'reasoning'),
                        {
                            name: 'Spend',
                            expr: q.sum(q.added('tokenweir_cost_usd_total', q.byModel), 'provider, model'),
                            unit: 'currencyUSD',
                        },
                    ],
                    sortBy: 'Spend',
                }),
            ],
        },
        {
            title: 'How complete the figures are',
            panels: [
                graph({
                    title: 'Where tokens come from',
                    description: 'How many tokens did the provider report in full, in part, or not at all?',
                    unit: 'wps',
                    stacked: true,
                    lines: [['{{source}}', q.sum(q.rate('tokenweir_tokens_total', q.byModel), 'source')]],
                }),
                graph({
                    title: 'Where dollars come from',
                    description: 'How many calls have a price, and from whom?',
                    unit: 'reqps',
                    stacked: true,
                    lines: [['{{source}}', q.sum(q.rate('tokenweir_cost_source_total', byCatalogue), 'source')]],
                }),
                stat({
                    title: 'Answers without usage',
                    description:
                        'Which share of the answers did not say how many tokens they took, within the range shown?',
                    unit: 'percentunit',
                    width: 8,
                    height: 8,
                    now: true,
                    expr: `${q.orZero(q.sum(q.added('tokenweir_usage_missing_total', q.byModel)))} / ${answered}`,
                    colours: ['green', [0.01, 'orange'], [0.1, 'red']],
                }),
                stat({
                    title: 'Prices as of',
                    description:
                        'How old are the prices? The date of the catalogue that comes with the program, and of your own.',
                    unit: 'dateTimeFromNow',
                    width: 8,
                    now: true,
                    expr: `max by (origin) (${q.select('tokenweir_price_catalogue_as_of_timestamp_seconds', q.byInstance)}) * 1000`,
                    legend: '{{origin}}',
                }),
                stat({
                    title: 'Models with a price',
                    description: 'How many models does the catalogue know, by where their price comes from?',
                    unit: 'short',
                    width: 8,
                    now: true,
                    expr: `max by (origin) (${q.select('tokenweir_price_catalogue_models', q.byInstance)})`,
                    legend: '{{origin}}',
                }),
                graph({
                    title: 'Calls that say whose they are',
                    description: 'Which share of calls names its conversation, user, tags or trace?',
                    unit: 'percentunit',
                    lines: [
                        [
                            '{{by}}',
                            `${q.sum(q.rate('tokenweir_calls_attributed_total', q.byRoute), 'by')}` +
                                ` / on () group_left () ${q.sum(q.rate('tokenweir_calls_total', q.byRoute))}`,
                        ],
                    ],
                }),
            ],
        },
        {
            title: 'Bytes',
            panels: [
                graph({
                    title: 'Size of requests',
                    description: 'How large are request bodies (median and 95th percentile)?',
                    unit: 'bytes',
                    width: 12,
                    log: true,
                    lines: [
                        ['median', q.quantile(0.5, 'tokenweir_request_body_bytes', q.byRoute)],
                        ['95th percentile', q.quantile(0.95, 'tokenweir_request_body_bytes', q.byRoute)],
                    ],
                }),
                graph({
                    title: 'Size of responses',
                    description: 'How large are response bodies on the wire (median and 95th percentile)?',
                    unit: 'bytes',
                    width: 12,
                    log: true,
                    lines: [
                        ['median', q.quantile(0.5, 'tokenweir_response_body_bytes', q.byRoute)],
                        ['95th percentile', q.quantile(0.95, 'tokenweir_response_body_bytes', q.byRoute)],
                    ],
                }),
            ],
        },
    ],
};
