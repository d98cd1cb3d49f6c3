// Tokenweir itself: what it costs, whether it keeps up, and whether its figures are complete.
import { type Board } from './board';
import { type Colours, graph, heatmap, stat } from './panels';
import * as q from './queries';

const of = (metric: string, ...more: string[]) => q.select(metric, q.byInstance, ...more);
const rate = (metric: string, ...more: string[]) => q.rate(metric, q.byInstance, ...more);
const overhead = 'tokenweir_overhead_seconds';
const anyIsBad: Colours = ['green', [1, 'red']];

export const health: Board = {
    uid: 'tokenweir-health',
    title: 'Tokenweir / Proxy health',
    description: 'Tokenweir itself: what it costs, whether it keeps up, and whether its figures are complete.',
    variables: ['route'],
    sections: [
        {
            title: 'Now',
            panels: [
                stat({
                    title: 'Instances',
                    description: 'How many instances answer Prometheus?',
                    unit: 'short',
                    expr: q.sum(of('up')),
                    colours: ['red', [1, 'green']],
                }),
                stat({
                    title: 'Version',
                    description: 'Which versions run?',
                    unit: 'short',
                    now: true,
                    expr: q.sum(of('tokenweir_build_info'), 'version'),
                    legend: '{{version}}',
                }),
                stat({
                    title: 'Up since',
                    description: 'When did the youngest instance start?',
                    unit: 'dateTimeFromNow',
                    now: true,
                    expr: `max(${of('process_start_time_seconds')}) * 1000`,
                }),
                stat({
                    title: 'Overhead, 99th percentile',
                    description: 'How much time do calls spend inside the proxy and nowhere else?',
                    unit: 's',
                    expr: q.quantile(0.99, overhead, q.byInstance),
                    colours: ['green', [0.005, 'orange'], [0.01, 'red']],
                }),
                stat({
                    title: 'Lost records',
                    description: 'Are the figures complete? Records that a sink gave up, within the range shown.',
                    unit: 'short',
                    now: true,
                    expr: q.orZero(q.sum(q.added('tokenweir_sink_records_dropped_total', q.byInstance))),
                    colours: anyIsBad,
                }),
                stat({
                    title: 'Calls unaccounted for',
                    description: 'Is every accepted call finished or in flight? Always 0.',
                    unit: 'short',
                    now: true,
                    expr:
                        `abs(${q.sum(q.added('tokenweir_calls_accepted_total', q.byInstance))}` +
                        ` - ${q.sum(q.added('tokenweir_calls_finished_total', q.byInstance))}` +
                        ` - ${q.sum(`delta(${of('tokenweir_calls_in_flight')}[$__range])`)})`,
                    decimals: 0,
                    colours: anyIsBad,
                }),
            ],
        },
        {
            title: 'What it costs',
            panels: [
                graph({
                    title: 'Overhead',
                    description: 'Does the proxy slow calls down? The points lead to traces.',
                    unit: 's',
                    exemplars: true,
                    log: true,
                    lines: [
                        ['median', q.quantile(0.5, overhead, q.byInstance)],
                        ['95th percentile', q.quantile(0.95, overhead, q.byInstance)],
                        ['99th percentile', q.quantile(0.99, overhead, q.byInstance)],
                    ],
                }),
                heatmap({
                    title: 'Overhead, all calls',
                    description: 'Is there a second kind of call that takes longer?',
                    unit: 's',
                    expr: q.sum(rate(`${overhead}_bucket`), 'le'),
                }),
                graph({
                    title: 'Time before the request is on its way',
                    description: 'What does it take to reach the upstream (mean of the calls that had the phase)?',
                    unit: 's',
                    lines: [
                        [
                            '{{phase}}',
                            q.mean(
                                'tokenweir_phase_seconds',
                                `${q.byRoute}, phase=~"request_upload|dns|connect|tls"`,
                                'phase',
                            ),
                        ],
                    ],
                }),
                graph({
                    title: 'Processor',
                    description: 'How many cores are busy?',
                    unit: 'short',
                    lines: [['{{instance}}', rate('process_cpu_seconds_total')]],
                }),
                graph({
                    title: 'Memory',
                    description: 'How much memory is taken?',
                    unit: 'bytes',
                    lines: [
                        ['{{instance}} resident', of('process_resident_memory_bytes')],
                        ['{{instance}} virtual', of('process_virtual_memory_bytes')],
                    ],
                    log: true,
                }),
                graph({
                    title: 'Descriptors and threads',
                    description: 'Is a limit near?',
                    unit: 'short',
                    log: true,
                    lines: [
                        ['{{instance}} open', of('process_open_fds')],
                        ['{{instance}} allowed', of('process_max_fds')],
                        ['{{instance}} threads', of('process_threads')],
                    ],
                }),
            ],
        },
        {
            title: 'Connections',
            panels: [
                graph({
                    title: 'Calls',
                    description: 'Is what comes in going out?',
                    unit: 'reqps',
                    lines: [
                        ['accepted', q.sum(rate('tokenweir_calls_accepted_total'))],
                        ['finished', q.sum(rate('tokenweir_calls_finished_total'))],
                        ['probes', q.sum(rate('tokenweir_probes_total'))],
                    ],
                }),
                graph({
                    title: 'Under way',
                    description: 'How much is open at once?',
                    unit: 'short',
                    lines: [
                        ['calls', q.sum(of('tokenweir_calls_in_flight'))],
                        ['client connections', q.sum(of('tokenweir_client_connections'))],
                        ['upstream connections {{state}}', q.sum(of('tokenweir_upstream_connections'), 'state')],
                    ],
                }),
                graph({
                    title: 'Client connections',
                    description: 'Do clients keep their connections, and is anybody turned away?',
                    unit: 'ops',
                    lines: [
                        ['accepted', q.sum(rate('tokenweir_client_connections_accepted_total'))],
                        ['refused', q.sum(rate('tokenweir_client_connections_refused_total'))],
                        ['refused, {{port}}', q.sum(rate('tokenweir_admin_connections_refused_total'), 'port')],
                    ],
                }),
                graph({
                    title: 'Reuse of upstream connections',
                    description: 'Does the pool save handshakes?',
                    unit: 'ops',
                    lines: [
                        ['reused', q.sum(rate('tokenweir_upstream_connections_reused_total'))],
                        ['opened', q.sum(rate('tokenweir_upstream_connections_opened_total'))],
                        ['sent again after a stale one', q.sum(rate('tokenweir_upstream_retries_total'))],
                    ],
                }),
                graph({
                    title: 'Bytes',
                    description: 'How much passes through?',
                    unit: 'Bps',
                    lines: [
                        ['clients {{direction}}', q.sum(rate('tokenweir_client_bytes_total'), 'direction')],
                        ['upstreams {{direction}}', q.sum(rate('tokenweir_upstream_bytes_total'), 'direction')],
                    ],
                }),
                graph({
                    title: 'Back-pressure',
                    description: 'How often does one side have to wait for the other to read?',
                    unit: 'ops',
                    lines: [['{{instance}}', rate('tokenweir_backpressure_pauses_total')]],
                }),
            ],
        },
        {
            title: 'Observation',
            panels: [
                graph({
                    title: 'Records written',
                    description: 'Do the sinks keep up, and what was not meant for them or came from disk?',
                    unit: 'ops',
                    lines: [
                        ['{{sink}}', q.sum(rate('tokenweir_sink_records_written_total'), 'sink')],
                        ['declined', q.orZero(q.sum(rate('tokenweir_sink_records_declined_total')))],
                        ['restored from disk', q.orZero(q.sum(rate('tokenweir_sink_records_restored_total')))],
                    ],
                }),
                graph({
                    title: 'Records waiting',
                    description: 'Is a sink slower than the traffic?',
                    unit: 'short',
                    lines: [['{{sink}} {{instance}}', of('tokenweir_sink_records_queued')]],
                }),
                graph({
                    title: 'Records lost',
                    description: 'Which sink loses records, and why?',
                    unit: 'ops',
                    lines: [
                        ['{{sink}} {{reason}}', q.sum(rate('tokenweir_sink_records_dropped_total'), 'sink, reason')],
                    ],
                }),
                graph({
                    title: 'Metrics pushed',
                    description: 'Do the metrics that are sent by OTLP arrive, and if not, why?',
                    unit: 'ops',
                    lines: [['{{result}}', q.sum(rate('tokenweir_metric_pushes_total'), 'result')]],
                }),
                graph({
                    title: 'Log files begun',
                    description: 'Is the call log rotated, and could it not be?',
                    unit: 'short',
                    lines: [
                        [
                            '{{sink}} {{result}}',
                            q.sum(`increase(${of('tokenweir_sink_rotations_total')}[$__rate_interval])`, 'sink, result'),
                        ],
                    ],
                }),
                graph({
                    title: 'Feedback',
                    description: 'What becomes of the feedback that apps send?',
                    unit: 'reqps',
                    lines: [['{{result}}', q.sum(rate('tokenweir_feedback_requests_total'), 'result')]],
                }),
                graph({
                    title: 'Calls that feedback can name',
                    description: 'How many calls are in the index, and how many evaluations wait for their call to end?',
                    unit: 'short',
                    lines: [
                        ['{{instance}} calls', of('tokenweir_feedback_index_calls')],
                        ['{{instance}} waiting', of('tokenweir_feedback_held')],
                    ],
                }),
                graph({
                    title: 'How late feedback may come',
                    description: 'How far back does the index of calls reach? feedback.index_bytes bounds it.',
                    unit: 's',
                    lines: [['{{instance}}', of('tokenweir_feedback_index_age_seconds')]],
                }),
                graph({
                    title: 'Bodies not read to their end',
                    description: 'For which calls are tokens and times incomplete?',
                    unit: 'reqps',
                    lines: [['{{reason}}', q.sum(rate('tokenweir_observer_bypassed_total'), 'reason')]],
                }),
                graph({
                    title: 'Recorded content that is not whole',
                    description: 'Do the limits of content cut texts, or leave some out?',
                    unit: 'reqps',
                    lines: [
                        ['a text cut', q.orZero(q.sum(rate('tokenweir_content_truncated_total', 'reason="cut"')))],
                        ['left out', q.orZero(q.sum(rate('tokenweir_content_truncated_total', 'reason="omitted"')))],
                    ],
                }),
                graph({
                    title: 'Labels without room',
                    description: 'Which labels have more values than they may, and are counted under other?',
                    unit: 'reqps',
                    lines: [['{{label}}', q.sum(rate('tokenweir_label_overflow_total'), 'label')]],
                }),
                graph({
                    title: 'Reloads of the configuration',
                    description: 'Was the configuration loaded again, and was it taken?',
                    unit: 'short',
                    lines: [
                        [
                            '{{result}}',
                            q.sum(`increase(${of('tokenweir_config_reloads_total')}[$__rate_interval])`, 'result'),
                        ],
                    ],
                }),
                stat({
                    title: 'Last configuration taken',
                    description:
                        'Was the configuration that was last loaded taken? If not, the one before is in force.',
                    unit: 'bool_yes_no',
                    height: 8,
                    now: true,
                    expr: `min(${of('tokenweir_config_last_reload_successful')})`,
                    colours: ['red', [1, 'green']],
                }),
                stat({
                    title: 'Configuration in force since',
                    description: 'When did the configuration change?',
                    unit: 'dateTimeFromNow',
                    height: 8,
                    now: true,
                    expr: `min(${of('tokenweir_config_last_reload_success_timestamp_seconds')}) * 1000`,
                }),
                graph({
                    title: 'Size of a scrape',
                    description: 'How many series are there? labels.max_combinations bounds the combinations.',
                    unit: 'short',
                    lines: [
                        ['{{instance}} lines', of('scrape_samples_scraped')],
                        ['{{instance}} combinations', of('tokenweir_label_combinations')],
                    ],
                }),
            ],
        },
    ],
};
