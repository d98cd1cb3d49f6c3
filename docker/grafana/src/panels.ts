// The kinds of panel that the dashboards are made of, each with a unit, a description and a legend.
import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as heatmaps from '@grafana/grafana-foundation-sdk/heatmap';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import * as stats from '@grafana/grafana-foundation-sdk/stat';
import * as tables from '@grafana/grafana-foundation-sdk/table';
import * as series from '@grafana/grafana-foundation-sdk/timeseries';

export const source = { type: 'prometheus', uid: '$datasource' };

export type Panel = { build(): dashboard.Panel };

/** What all panels have. The description is the question that the panel answers. */
interface About {
    title: string;
    description: string;
    unit: string;
    width?: number;
    height?: number;
}

/** Values and the colour that begins at each; the first colour is that of everything below. */
export type Colours = [string, ...[number, string][]];

interface Titled<T> {
    title(title: string): T;
    description(description: string): T;
    unit(unit: string): T;
    datasource(source: common.DataSourceRef): T;
    span(width: number): T;
    height(height: number): T;
}

function describe<T extends Titled<T>>(panel: T, about: About, width: number, height: number): T {
    return panel
        .title(about.title)
        .description(about.description)
        .unit(about.unit)
        .datasource(source)
        .span(about.width ?? width)
        .height(about.height ?? height);
}

function thresholds([below, ...steps]: Colours): dashboard.ThresholdsConfigBuilder {
    const colours = [{ value: null, color: below }, ...steps.map(([value, color]) => ({ value, color }))];
    return new dashboard.ThresholdsConfigBuilder().mode(dashboard.ThresholdsMode.Absolute).steps(colours);
}

function query(expr: string, legend: string, refId: string): prometheus.DataqueryBuilder {
    return new prometheus.DataqueryBuilder().datasource(source).expr(expr).legendFormat(legend).refId(refId);
}

const refIds = 'ABCDEFGHIJ';

/** One number and how it got there. `now`: only the last value is asked for, as for a sum over the whole range. */
export function stat(
    about: About & { expr: string; legend?: string; colours?: Colours; now?: boolean; decimals?: number },
): Panel {
    const ask = query(about.expr, about.legend ?? '', 'A');
    const panel = describe(new stats.PanelBuilder(), about, 4, 4)
        .withTarget(about.now ? ask.instant() : ask.range())
        .thresholds(thresholds(about.colours ?? ['blue']))
        .colorMode(common.BigValueColorMode.Value)
        .graphMode(about.now ? common.BigValueGraphMode.None : common.BigValueGraphMode.Area)
        .textMode(about.legend ? common.BigValueTextMode.ValueAndName : common.BigValueTextMode.Auto)
        .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']));
    return about.decimals === undefined ? panel : panel.decimals(about.decimals);
}

interface Lines {
    lines: [legend: string, expr: string][];
    stacked?: boolean; // parts of a whole
    exemplars?: boolean; // of histograms: points that lead to a trace
    marks?: Colours; // drawn as lines
    log?: boolean;
}

/** Lines over time. */
export function graph(about: About & Lines): Panel {
    const panel = describe(new series.PanelBuilder(), about, 8, 8)
        .min(0)
        .lineWidth(1)
        .fillOpacity(about.stacked ? 40 : 8)
        .showPoints(common.VisibilityMode.Never)
        .legend(
            new common.VizLegendOptionsBuilder()
                .displayMode(common.LegendDisplayMode.Table)
                .placement(common.LegendPlacement.Bottom)
                .showLegend(true)
                .calcs(['lastNotNull', 'max']),
        )
        .tooltip(
            new common.VizTooltipOptionsBuilder()
                .mode(common.TooltipDisplayMode.Multi)
                .sort(common.SortOrder.Descending),
        )
        .targets(
            about.lines.map(([legend, expr], at) =>
                query(expr, legend, refIds[at])
                    .range()
                    .exemplar(about.exemplars ?? false),
            ),
        );
    if (about.stacked) panel.stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal));
    if (about.marks)
        panel
            .thresholds(thresholds(about.marks))
            .thresholdsStyle(
                new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed),
            );
    if (about.log)
        panel.scaleDistribution(new common.ScaleDistributionConfigBuilder().type(common.ScaleDistribution.Log).log(10));
    return panel;
}

/** A histogram over time: the darker, the more calls. `expr` keeps the label `le`. */
export function heatmap(about: About & { expr: string }): Panel {
    return describe(new heatmaps.PanelBuilder(), about, 8, 8)
        .withTarget(query(about.expr, '{{le}}', 'A').range().format(prometheus.PromQueryFormat.Heatmap).exemplar(true))
        .calculate(false)
        .yAxis(new heatmaps.YAxisConfigBuilder().unit(about.unit))
        .color(
            new heatmaps.HeatmapColorOptionsBuilder()
                .mode(heatmaps.HeatmapColorMode.Scheme)
                .scheme('Blues')
                .fill('dark-blue')
                .exponent(0.5)
                .scale(heatmaps.HeatmapColorScale.Exponential)
                .steps(64)
                .reverse(false),
        )
        .cellGap(1)
        .showLegend()
        .tooltip(new heatmaps.HeatmapTooltipBuilder().mode(common.TooltipDisplayMode.Single).yHistogram(true));
}

export interface Column {
    name: string;
    expr: string;
    unit: string;
    colours?: Colours;
}

/** A row for each combination of `labels`, a column for each expression, which must keep them. */
export function table(
    about: About & { labels: string[]; columns: Column[]; sortBy: string; link?: [string, string] },
): Panel {
    const panel = describe(new tables.PanelBuilder(), about, 24, 9)
        .thresholds(thresholds(['text']))
        .targets(
            about.columns.map(({ expr }, at) =>
                query(expr, '', refIds[at]).instant().format(prometheus.PromQueryFormat.Table),
            ),
        )
        .withTransformation({ id: 'merge', options: {} })
        .withTransformation({
            id: 'organize',
            options: {
                excludeByName: { Time: true },
                indexByName: Object.fromEntries(about.labels.map((label, at) => [label, at])),
                renameByName: Object.fromEntries(
                    about.columns.map(({ name }, at) => [
                        about.columns.length > 1 ? `Value #${refIds[at]}` : 'Value',
                        name,
                    ]),
                ),
            },
        })
        .sortBy([new common.TableSortByFieldStateBuilder().displayName(about.sortBy).desc(true)]);
    for (const { name, unit, colours } of about.columns)
        panel.overrideByName(name, [
            { id: 'unit', value: unit },
            ...(colours
                ? [
                      { id: 'thresholds', value: thresholds(colours).build() },
                      { id: 'custom.cellOptions', value: { type: 'color-text' } },
                  ]
                : []),
        ]);
    if (about.link) {
        const [label, url] = about.link;
        panel.overrideByName(label, [{ id: 'links', value: [{ title: 'Look closer', url, targetBlank: false }] }]);
    }
    return panel;
}
