// Models and their providers: how fast, how even, how they end, what limits are left.
import { type Board } from './board';
import { firstTokenColours } from './overview';
import { graph, heatmap, stat, table } from './panels';
import * as q from './queries';

const firstToken = 'tokenweir_time_to_first_token_seconds';
const gaps = 'tokenweir_inter_token_seconds';
const halfHours =
    'model:tokenweir_time_to_first_token_seconds:p95_30m' + '{job=~"$job", provider=~"$provider", model=~"$model"}';
const streams = q.sum(q.rate(`${firstToken}_count`, q.byModel));

/** Of the conventions' names whichever is exported: telemetry.genai_dialect decides. */
function tokensOfCall(at: number, type: 'input' | 'output'): string {
    const models = `${q.byInstance}, gen_ai_provider_name=~"$provider", gen_ai_request_model=~"$model"`;
    const older = q.rate('gen_ai_client_token_usage_bucket', models, `gen_ai_token_type="${type}"`);
    const newer = q.rate(`gen_ai_client_inference_operation_${type}_tokens_bucket`, models);
    return `histogram_quantile(${at}, ${q.sum(`${older} or ${newer}`, 'le')})`;
}

function limits(metric: string): string {
    return q.select(`tokenweir_quota_${metric}`, q.byProvider);
}

const averageScore =
    `${q.sum(`delta(${q.select('tokenweir_evaluation_score_sum', q.byModel)}[$__rate_interval])`, 'model, name')}` +
    ` / ${q.sum(`increase(${q.select('tokenweir_evaluation_scores_total', q.byModel)}[$__rate_interval])`, 'model, name')}`;

export const models: Board = {
    uid: 'tokenweir-models',
    title: 'Tokenweir / Models and providers',
    description: 'Models and their providers: how fast, how even, how they end, what limits are left.',
    variables: ['route', 'provider', 'model'],
    sections: [
        {
            title: 'Now',
            panels: [
                stat({
                    title: 'Streams',
                    description: 'How many streams begin?',
                    unit: 'reqps',
                    expr: streams,
                }),
                stat({
                    title: 'First token, median',
                    description: 'How long does the usual wait for an answer take?',
                    unit: 's',
                    expr: q.quantile(0.5, firstToken, q.byModel),
                    colours: firstTokenColours,
                }),
                stat({
                    title: 'First token, 95th percentile',
                    description: 'How long does a bad wait take?',
                    unit: 's',
                    expr: q.quantile(0.95, firstToken, q.byModel),
                    colours: firstTokenColours,
                }),
                stat({
                    title: 'Speed of a stream',
                    description: 'How many events with output a second does a stream have, once it has begun?',
                    unit: 'ops',
                    expr: `${q.sum(q.rate(`${gaps}_count`, q.byModel))} / ${q.sum(q.rate(`${gaps}_sum`, q.byModel))}`,
                }),
                stat({
                    title: 'Gap, 99th percentile',
                    description: 'How even is the stream? One gap in a hundred is longer than this.',
                    unit: 's',
                    expr: q.quantile(0.99, gaps, q.byModel),
                    colours: ['green', [0.64, 'orange'], [2.5, 'red']],
                }),
                stat({
                    title: 'Stalls',
                    description: 'How often does a stream come to a stop, for each stream?',
                    unit: 'percentunit',
                    expr: `${q.orZero(q.sum(q.rate('tokenweir_stalls_total', q.byModel)))} / ${streams}`,
                    colours: ['green', [0.01, 'orange'], [0.1, 'red']],
                }),
            ],
        },
        {
            title: 'Waiting',
            panels: [
                graph({
                    title: 'First token by model',
                    description: 'Which model lets its users wait (95th percentile)? The points lead to traces.',
                    unit: 's',
                    exemplars: true,
                    lines: [['{{provider}} {{model}}', q.quantile(0.95, firstToken, q.byModel, 'provider, model')]],
                    marks: firstTokenColours,
                }),
                heatmap({
                    title: 'First token, all streams',
                    description: 'Is there one kind of wait or several? The points lead to traces.',
                    unit: 's',
                    expr: q.sum(q.rate(`${firstToken}_bucket`, q.byModel), 'le'),
                }),
                graph({
                    title: 'Three clocks',
                    description: 'Is it silence, reasoning or the answer that takes the time (medians)?',
                    unit: 's',
                    exemplars: true,
                    lines: [
                        [
                            'first byte',
                            q.quantile(0.5, 'tokenweir_time_to_first_byte_seconds', `${q.byModel}, streamed="true"`),
                        ],
                        ['first token', q.quantile(0.5, firstToken, q.byModel)],
                        ['first answer', q.quantile(0.5, 'tokenweir_time_to_first_answer_seconds', q.byModel)],
                    ],
                }),
                graph({
                    title: 'First token against the past',
                    description:
                        'Is it slower than at this hour yesterday and a week ago (95th percentile of half an hour)?',
                    unit: 's',
                    lines: [
                        ['{{provider}} {{model}}', halfHours],
                        ['{{provider}} {{model}} yesterday', `${halfHours} offset 1d`],
                        ['{{provider}} {{model}} a week ago', `${halfHours} offset 1w`],
                    ],
                }),
                graph({
                    title: 'Duration by model',
                    description: 'How long do whole calls take (95th percentile)? The points lead to traces.',
                    unit: 's',
                    exemplars: true,
                    lines: [
                        [
                            '{{provider}} {{model}}',
                            q.quantile(0.95, 'tokenweir_call_duration_seconds', q.byModel, 'provider, model'),
                        ],
                    ],
                }),
                graph({
                    title: 'Where the time goes',
                    description: 'In which phase do calls spend their time? Seconds spent in each, within a second.',
                    unit: 's',
                    stacked: true,
                    lines: [['{{phase}}', q.sum(q.rate('tokenweir_phase_seconds_sum', q.byRoute), 'phase')]],
                }),
            ],
        },
        {
            title: 'Streaming',
            panels: [
                graph({
                    title: 'Gaps between tokens',
                    description: 'How even are the streams?',
                    unit: 's',
                    exemplars: true,
                    log: true,
                    lines: [
                        ['median', q.quantile(0.5, gaps, q.byModel)],
                        ['99th percentile', q.quantile(0.99, gaps, q.byModel)],
                        ['99.9th percentile', q.quantile(0.999, gaps, q.byModel)],
                    ],
                }),
                heatmap({
                    title: 'Gaps, all streams',
                    description: 'Are there two speeds, such as bursts and pauses?',
                    unit: 's',
                    expr: q.sum(q.rate(`${gaps}_bucket`, q.byModel), 'le'),
                }),
                graph({
                    title: 'Stalls by model',
                    description: 'Whose streams come to a stop?',
                    unit: 'ops',
                    lines: [
                        [
                            '{{provider}} {{model}}',
                            q.sum(q.rate('tokenweir_stalls_total', q.byModel), 'provider, model'),
                        ],
                    ],
                }),
                graph({
                    title: 'Streams without a token',
                    description: 'Why did a stream that was asked for bring nothing?',
                    unit: 'reqps',
                    stacked: true,
                    lines: [['{{reason}}', q.sum(q.rate('tokenweir_no_first_token_total', q.byModel), 'reason')]],
                }),
            ],
        },
        {
            title: 'Answers',
            panels: [
                graph({
                    title: 'Why models stop',
                    description: 'Do answers end by themselves, or are they cut, filtered, or calls of tools?',
                    unit: 'ops',
                    stacked: true,
                    lines: [['{{reason}}', q.sum(q.rate('tokenweir_finish_reasons_total', q.byModel), 'reason')]],
                }),
                graph({
                    title: 'Operations',
                    description: 'What are the models asked to do?',
                    unit: 'reqps',
                    stacked: true,
                    lines: [['{{operation}}', q.sum(q.rate('tokenweir_calls_total', q.byModel), 'operation')]],
                }),
                graph({
                    title: 'Tool calls',
                    description: 'How often do models call tools, and whose?',
                    unit: 'ops',
                    lines: [
                        ['for the client', q.sum(q.rate('tokenweir_tool_calls_total', q.byModel))],
                        ['run by the provider', q.sum(q.rate('tokenweir_server_tool_calls_total', q.byModel))],
                    ],
                }),
                graph({
                    title: 'Input tokens of a call',
                    description: 'How long are the prompts?',
                    unit: 'short',
                    log: true,
                    lines: [
                        ['median', tokensOfCall(0.5, 'input')],
                        ['95th percentile', tokensOfCall(0.95, 'input')],
                    ],
                }),
                graph({
                    title: 'Output tokens of a call',
                    description: 'How long are the answers, reasoning included?',
                    unit: 'short',
                    log: true,
                    lines: [
                        ['median', tokensOfCall(0.5, 'output')],
                        ['95th percentile', tokensOfCall(0.95, 'output')],
                    ],
                }),
                graph({
                    title: 'Beyond the context window',
                    description: 'Whose prompts or answers do not fit into the model?',
                    unit: 'reqps',
                    lines: [
                        [
                            '{{route}} {{model}}',
                            q.sum(q.rate('tokenweir_context_exceeded_total', q.byModel), 'route, model'),
                        ],
                    ],
                }),
                table({
                    title: 'Substituted models',
                    description: 'Where did another model answer than was asked, within the range shown?',
                    unit: 'short',
                    labels: ['route', 'provider', 'model', 'response_model'],
                    columns: [
                        {
                            name: 'Calls',
                            expr: q.sum(
                                q.added('tokenweir_model_substituted_total', q.byModel),
                                'route, provider, model, response_model',
                            ),
                            unit: 'short',
                        },
                    ],
                    sortBy: 'Calls',
                }),
            ],
        },
        {
            title: 'What is thought of answers',
            panels: [
                graph({
                    title: 'Labels given',
                    description: 'What do apps say of answers, and what do clients do: ask again, leave in the middle?',
                    unit: 'ops',
                    stacked: true,
                    lines: [
                        [
                            '{{source}} {{name}} {{label}}',
                            q.sum(q.rate('tokenweir_evaluations_total', q.byModel), 'source, name, label'),
                        ],
                    ],
                }),
                graph({
                    title: 'Evaluations by model',
                    description: 'Whose answers have something said of them?',
                    unit: 'ops',
                    lines: [['{{model}} {{name}}', q.sum(q.rate('tokenweir_evaluations_total', q.byModel), 'model, name')]],
                }),
                graph({
                    title: 'Average score',
                    description: 'How good are answers found to be, by what was judged?',
                    unit: 'short',
                    lines: [['{{model}} {{name}}', averageScore]],
                }),
            ],
        },
        {
            title: "Providers' limits",
            panels: [
                graph({
                    title: 'Left of the limit',
                    description: 'Which share of each rate limit is left, as the provider said last?',
                    unit: 'percentunit',
                    lines: [
                        [
                            '{{route}} {{provider}} {{resource}}',
                            `min by (route, provider, resource) (${limits('remaining')} / ${limits('limit')})`,
                        ],
                    ],
                    marks: ['red', [0.1, 'orange'], [0.25, 'green']],
                }),
                graph({
                    title: 'Time until it is used up',
                    description: 'How long does the limit last at the present pace? Nothing: it is not being used up.',
                    unit: 's',
                    log: true,
                    lines: [
                        [
                            '{{route}} {{provider}} {{resource}}',
                            `min by (route, provider, resource) (${limits('exhaustion_seconds')})`,
                        ],
                    ],
                    marks: ['red', [900, 'green']],
                }),
                graph({
                    title: 'Time until it is reset',
                    description: 'When is the limit whole again?',
                    unit: 's',
                    lines: [
                        [
                            '{{route}} {{provider}} {{resource}}',
                            `max by (route, provider, resource) (${limits('reset_seconds')})`,
                        ],
                    ],
                }),
            ],
        },
    ],
};
