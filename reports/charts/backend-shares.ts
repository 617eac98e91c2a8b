/**
 * Requests per backend over time, as a share of all attempts: who was avoided, who was flooded. The backends that suffered a fault
 * are drawn in colour and the others in grey; without a fault and with few backends, each has its own colour.
 */
import { percent } from '../numbers.ts';
import { fairShares } from '../shares.ts';
import { define, type LegendEntry, type Spec } from './chart.ts';
import { extremes, faultBands, faultLegend, type Series, seriesOf, stepOfAll, timeAxis } from './series.ts';
import { color, series as palette, panel, yAxis } from './theme.ts';

const dashes = [
  [1, 0],
  [6, 3],
  [2, 2],
  [8, 2, 2, 2],
  [4, 4],
  [1, 3],
] as const;

function titleOf(all: readonly Series[], victims: readonly string[]): string {
  const victim = victims[0];
  const share = (phase: 'during' | 'after') =>
    extremes(all, ({ perBackend }) => perBackend.find(({ id }) => id === victim)?.phases[phase]);
  const [during, after] = [share('during'), share('after')];
  const span = (it: NonNullable<typeof during>) =>
    percent(it.low.value) === percent(it.high.value)
      ? percent(it.low.value)
      : `${percent(it.low.value)} to ${percent(it.high.value)}`;
  if (victim && during) {
    const fair = all[0]!.summary.perBackend.find(({ id }) => id === victim)!.fairShare;
    const then = after ? `, and ${span(after)} afterwards` : '';
    return `${victim} got ${span(during)} of the attempts while a fault held${then}; ${percent(fair)} is fair`;
  }
  const range = extremes(all, ({ fairness }) => fairness);
  return range
    ? `Evenness over the backends (Jain’s index) from ${range.low.value.toFixed(3)} (${range.low.name}) to ${range.high.value.toFixed(3)} (${range.high.name})`
    : 'No attempt was recorded';
}

/** Lines that an eye can still tell from a tangle. */
const mostLines = 12;
/** Rows of the table for each contender. */
const mostRows = 24;

/** The largest share of any step; a loop, as a fleet of thousands has more of them than a call takes arguments. */
function topOf(all: readonly Series[]): number {
  let top = 0;
  for (const { steps } of all)
    for (const { shares } of steps) for (const share of shares) if (share > top) top = share;
  return top;
}

/** The backends a table names: all of a small fleet, else the marked ones and those farthest from their fair share. */
function listedOf(all: readonly Series[], marked: readonly string[]): ReadonlySet<string> {
  const farthest = new Map<string, number>();
  for (const { summary } of all)
    for (const { id, shareOverFair } of summary.perBackend)
      farthest.set(id, Math.max(farthest.get(id) ?? 0, Math.abs((shareOverFair ?? 1) - 1)));
  const ids = [...farthest].sort((a, b) => b[1] - a[1]).map(([id]) => id);
  return new Set(ids.length <= mostRows ? ids : [...marked, ...ids].slice(0, mostRows));
}

/** From the least to the most that any of them got in each step. */
function spanOf(series: Series, indexes: readonly number[], top: number): Spec {
  const values = series.steps.map(({ t, shares }) => {
    let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const index of indexes) {
      from = Math.min(from, shares[index]!);
      to = Math.max(to, shares[index]!);
    }
    return { t, from, to };
  });
  return {
    data: { values },
    mark: { type: 'area', clip: true, color: color.faint, fillOpacity: 0.5 },
    encoding: {
      x: timeAxis(series),
      y: {
        field: 'to',
        type: 'quantitative',
        scale: { domain: [0, Math.min(1, top * 1.05)], nice: false },
        axis: yAxis('share of attempts', { format: top < 0.1 ? '.2%' : '.0%', tickCount: 4 }),
      },
      y2: { field: 'from' },
    },
  };
}

export default define({
  about: 'requests per backend over time',
  order: 5,
  create(report) {
    const all = seriesOf(report).filter(({ summary }) =>
      summary.perBackend.some(({ attempts }) => attempts > 0),
    );
    if (all.length === 0) return undefined;
    const ids = report.run.backends.map(({ id }) => id);
    const victims = [...new Set(all.flatMap(({ summary }) => summary.failover.flatMap((it) => it.backends)))]
      .filter((id) => ids.includes(id))
      .slice(0, palette.length);
    const marked = victims.length > 0 ? victims : ids.length <= palette.length ? ids : [];
    const fair = fairShares(report.run.backends);
    const fairLines = [...new Set(marked.map((id) => fair[ids.indexOf(id)]!))];
    const top = topOf(all);
    const lines = (series: Series, of: readonly string[], mark: (id: string) => Spec): Spec[] =>
      of.map((id) => ({
        data: { values: series.steps.map(({ t, shares }) => ({ t, share: shares[ids.indexOf(id)] })) },
        mark: { type: 'line', clip: true, ...mark(id) },
        encoding: {
          x: timeAxis(series),
          y: {
            field: 'share',
            type: 'quantitative',
            scale: { domain: [0, Math.min(1, top * 1.05)], nice: false },
            axis: yAxis('share of attempts', { format: top < 0.1 ? '.2%' : '.0%', tickCount: 4 }),
          },
        },
      }));
    const rest = ids.filter((id) => !marked.includes(id));
    const drawn = rest.length <= mostLines ? rest : [];
    const listed = listedOf(all, marked);
    const stroke = (id: string) => palette[marked.indexOf(id)]!;
    const dash = (id: string) => dashes[marked.indexOf(id)]!;
    return {
      title: titleOf(all, victims),
      description: `Each backend’s share of the attempts picked in each ${stepOfAll(all)}, retries included. The thin dotted line is the fair share by weight.`,
      ...(listed.size < ids.length
        ? {
            note: `The table has the ${listed.size} backends farthest from their fair share; summary.csv has all ${ids.length}.`,
          }
        : {}),
      legend: [
        ...marked.map((id): LegendEntry => ({ label: id, color: stroke(id), shape: 'line', dash: dash(id) })),
        ...(drawn.length > 0
          ? [{ label: 'other backends', color: color.faint, shape: 'line' as const }]
          : []),
        ...(rest.length > drawn.length
          ? [{ label: 'the other backends, least to most', color: color.faint, shape: 'area' as const }]
          : []),
        { label: 'fair share', color: color.ink, shape: 'line', dash: [1, 3] },
        ...faultLegend(all),
      ],
      panels: all.map((series) => ({
        label: series.summary.name,
        spec: panel([
          ...faultBands(series),
          {
            data: { values: fairLines.map((share) => ({ share })) },
            mark: { type: 'rule', color: color.ink, strokeDash: [1, 3] },
            encoding: { y: { field: 'share', type: 'quantitative' } },
          },
          ...(rest.length > drawn.length
            ? [
                spanOf(
                  series,
                  [...ids.keys()].filter((index) => !marked.includes(ids[index]!)),
                  top,
                ),
              ]
            : []),
          ...lines(series, drawn, () => ({ color: color.faint, strokeWidth: 1.2 })),
          ...lines(series, marked, (id) => ({ color: stroke(id), strokeWidth: 2.2, strokeDash: dash(id) })),
        ]),
      })),
      table: {
        columns: [
          'contender',
          'backend',
          'attempts',
          'share',
          'share ÷ fair',
          'before',
          'during',
          'after',
          'errors',
        ],
        rows: all.flatMap(({ summary }) =>
          summary.perBackend
            .filter(({ id }) => listed.has(id))
            .map((it) => [
              summary.name,
              it.id,
              it.attempts.toLocaleString('en-GB'),
              it.share === null ? '–' : percent(it.share),
              it.shareOverFair === null ? '–' : it.shareOverFair.toFixed(2),
              ...(['before', 'during', 'after'] as const).map((phase) =>
                summary.phases && it.phases[phase] !== undefined ? percent(it.phases[phase]) : '–',
              ),
              it.errors.toLocaleString('en-GB'),
            ]),
        ),
      },
    };
  },
});
