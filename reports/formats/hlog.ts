/**
 * `latency.hlog`: ok latencies in µs as HdrHistogram's interval log, for HistogramLogAnalyzer, hdr-plot and the like. One interval
 * per trial, tagged with its contender; exact to three digits, as those tools expect. Tags may hold no comma or space;
 * contender names cannot.
 */
import { build, HistogramLogWriter } from 'hdr-histogram-js';
import { Histogram } from '../histogram.ts';
import { define } from './format.ts';

export default define({
  about: 'latency histograms for HdrHistogram tools',
  file: 'latency.hlog',
  create({ run, folds }) {
    const lines: string[] = [];
    const writer = new HistogramLogWriter((line) => void lines.push(line));
    writer.outputLogFormatVersion();
    writer.outputComment(`steelyard ${run.scenario.name}: latency of ok responses, microseconds`);
    const virtual = run.driver === 'simulation';
    // A simulation has no wall clock: its log begins at the epoch, the same whenever it is computed.
    const began = (virtual ? undefined : run.startedAt) ?? new Date(0).toISOString();
    const origin = Date.parse(began);
    // Not outputStartTime(): it adds the time in this machine's own zone, and the same run would give another file elsewhere.
    writer.outputComment(`[StartTime: ${(origin / 1000).toFixed(3)} (seconds since epoch), ${began}]`);
    writer.outputLegend();
    for (const { trial, whole } of folds) {
      if (whole.ok.length === 0) continue;
      const histogram = build({
        bitBucketSize: 64,
        lowestDiscernibleValue: 1,
        highestTrackableValue: 3_600_000_000,
        numberOfSignificantValueDigits: 3,
      });
      histogram.tag = trial.contender;
      if (whole.ok instanceof Histogram)
        for (const [latency, count] of whole.ok.values())
          histogram.recordValueWithCount(Math.max(1, Math.round(latency)), count);
      else for (const latency of whole.ok) histogram.recordValue(Math.max(1, Math.round(latency)));
      const from =
        virtual || trial.startedAt === undefined ? 0 : (Date.parse(trial.startedAt) - origin) / 1000;
      writer.outputIntervalHistogram(histogram, from, from + trial.windowMs / 1000);
    }
    return lines.join('');
  },
});
