// What all dashboards have: the variables, the links between them, the marks of starts and of alerts.
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { byInstance, byProvider, byRoute, select } from './queries';
import { type Panel, source } from './panels';

/** Panels under a heading. */
export interface Section {
    title: string;
    panels: Panel[];
}

export interface Board {
    uid: string;
    title: string;
    description: string;
    variables: Variable[]; // beside job and instance
    sections: Section[];
}

type Variable = 'route' | 'provider' | 'model';

function choice(name: string, label: string, allowed: string, metric: string): dashboard.QueryVariableBuilder {
    return new dashboard.QueryVariableBuilder(name)
        .label(label)
        .datasource(source)
        .query(`label_values(${metric}, ${name})`)
        .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
        .sort(dashboard.VariableSort.AlphabeticalAsc)
        .multi(true)
        .includeAll(true)
        .allValue(allowed)
        .current({ selected: true, text: 'All', value: '$__all' });
}

// A call may have no route or model, so all of them are '.*'.
const choices: Record<Variable, () => dashboard.QueryVariableBuilder> = {
    route: () => choice('route', 'Route', '.*', select('tokenweir_calls_total', byInstance)),
    provider: () => choice('provider', 'Provider', '.*', select('tokenweir_calls_total', byRoute)),
    model: () => choice('model', 'Model', '.*', select('tokenweir_calls_total', byProvider)),
};

function started(): dashboard.AnnotationQueryBuilder {
    return new dashboard.AnnotationQueryBuilder()
        .name('Starts')
        .datasource(source)
        .enable(true)
        .iconColor('blue')
        .expr(`${select('process_start_time_seconds', byInstance)} * 1000`)
        .useValueForTime(true)
        .titleFormat('Started')
        .textFormat('{{instance}}')
        .step('60s');
}

function alerted(): dashboard.AnnotationQueryBuilder {
    return new dashboard.AnnotationQueryBuilder()
        .name('Critical alerts')
        .datasource(source)
        .enable(true)
        .iconColor('red')
        .expr(select('ALERTS', 'job=~"$job"', 'alertstate="firing", severity="critical"'))
        .titleFormat('{{alertname}}')
        .textFormat('{{slo}} {{route}} {{instance}}')
        .step('60s');
}

export function build(board: Board): dashboard.Dashboard {
    const builder = new dashboard.DashboardBuilder(board.title)
        .uid(board.uid)
        .description(board.description)
        .tags(['tokenweir'])
        .readonly()
        .tooltip(dashboard.DashboardCursorSync.Crosshair)
        .time({ from: 'now-1h', to: 'now' })
        .refresh('30s')
        .timezone('browser')
        .link(
            new dashboard.DashboardLinkBuilder('Tokenweir')
                .type(dashboard.DashboardLinkType.Dashboards)
                .tags(['tokenweir'])
                .asDropdown(false)
                .includeVars(true)
                .keepTime(true),
        )
        .annotation(started())
        .annotation(alerted())
        .withVariable(new dashboard.DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'))
        .withVariable(choice('job', 'Job', '.+', 'tokenweir_build_info'))
        .withVariable(choice('instance', 'Instance', '.+', 'tokenweir_build_info{job=~"$job"}'));
    for (const name of board.variables) builder.withVariable(choices[name]());
    for (const { title, panels } of board.sections) {
        builder.withRow(new dashboard.RowBuilder(title));
        for (const panel of panels) builder.withPanel(panel);
    }
    const built = builder.build();
    built.panels?.forEach((panel, at) => (panel.id = at + 1));
    // The library would hide links and annotations in a menu.
    for (const shown of [...(built.links ?? []), ...(built.annotations?.list ?? [])]) delete shown.placement;
    // Grafana 10 reads 39, and later ones move it up themselves.
    return { ...built, schemaVersion: 39 };
}
