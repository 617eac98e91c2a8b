/** What stands behind the verdict: each contender in full, the machine, how to run it again. */

import { namedFault } from '../fault-tables.ts';
import { inOrder, type Report } from '../judge.ts';
import { count, inUnit, milliseconds, percent, plural } from '../numbers.ts';
import type { ContenderSummary, PhaseMeasures } from '../summary.ts';
import { html, type Markup } from './markup.ts';
import { dataTable } from './page-charts.ts';

function phasesTable(contender: ContenderSummary): Markup {
  const line = (name: string, it: PhaseMeasures) => [
    name,
    `${it.seconds.toFixed(2)} s`,
    count(it.requests.sent),
    ...[it.throughput, it.goodput].map((value) => inUnit(value, '/s')),
    inUnit(it.errorRate, 'share'),
    ...[it.latencyMs.p50, it.latencyMs.p95, it.latencyMs.p99, it.deadlineLatencyMs.p99].map((value) =>
      inUnit(value, 'ms'),
    ),
  ];
  const { phases, rounds } = contender;
  return dataTable({
    columns: [
      '',
      'time',
      'sent',
      'throughput',
      'goodput',
      'errors',
      'p50',
      'p95',
      'p99',
      'p99, errors at the deadline',
    ],
    rows: [
      line('all', contender),
      ...(phases
        ? (['before', 'during', 'after'] as const).map((phase) => line(`${phase} faults`, phases[phase]))
        : []),
      ...(rounds.length > 1 ? rounds.map((round) => line(`round ${round.round + 1}`, round)) : []),
    ],
  });
}

function contenderDetails(contender: ContenderSummary): Markup {
  const { requests, failover } = contender;
  const options = Object.keys(contender.options).length > 0 ? JSON.stringify(contender.options) : 'defaults';
  const cpu = contender.cpuMicrosPerRequest;
  const other = [
    ...(requests.inFlightAtEnd > 0 ? [`${count(requests.inFlightAtEnd)} in flight at the end`] : []),
    ...(requests.notSent > 0 ? [`${count(requests.notSent)} not sent`] : []),
    ...(requests.late > 0 ? [`${count(requests.late)} late`] : []),
  ];
  return html`<details class="contender"><summary>${contender.name}</summary><div>
${contender.error !== undefined && html`<p class="banner">Failed: ${contender.error}</p>`}
<dl>
<dt>strategy</dt><dd>${contender.strategy} (${options})</dd>
<dt>requests</dt><dd>${count(requests.sent)} sent = ${count(requests.ok)} ok + ${count(requests.failed)} failed + ${count(requests.lost)} lost + ${requests.aborted !== undefined && `${count(requests.aborted)} aborted by their clients + `}${count(requests.inFlightAtEnd)} in flight at the end${other.length > 0 && `; ${other.join(', ')}`}</dd>
<dt>outcomes</dt><dd>${Object.entries(requests.byOutcome)
    .map(([name, n]) => `${name} ${count(n)}`)
    .join(', ')}</dd>
<dt>retries</dt><dd>${count(contender.retries)}</dd>
<dt>evenness (Jain)</dt><dd>${contender.fairness === null ? '–' : contender.fairness.toFixed(3)}</dd>
<dt>balancer’s CPU</dt><dd>${cpu === undefined ? 'not applicable: simulated' : cpu === null ? 'not measured' : `${cpu.toFixed(0)} µs per request`}</dd>
<dt>attempts per request</dt><dd>${inUnit(contender.attemptsPerRequest, 'number')}</dd>
${failover.flatMap((it) =>
  Object.entries(it.unknown ?? {}).map(
    ([name, why]) => html`<dt>${namedFault(it)}</dt><dd>${name} unknown: ${why}</dd>`,
  ),
)}
</dl>
${phasesTable(contender)}
</div></details>`;
}

export function contendersSection({ summary }: Report): Markup {
  const contenders = inOrder(summary).map((name) => summary.contenders.find((it) => it.name === name)!);
  return html`<section><h2>Each contender in full</h2>${contenders.map(contenderDetails)}</section>`;
}

/** Nothing here may differ between two computations of one simulation: what does stands in run.json's `environment`. */
function simulatedSection({ run }: Report): Markup {
  const folded = run.trials.filter(({ rows }) => rows === 'folded').length;
  return html`<section><h2>Simulated</h2>
<p>No backend ran and no time passed: strategies, faults, retries and health checks are the files that real runs use, in front of modelled backends on a virtual clock. The same seed gives the same bytes.</p>
<dl>
<dt>driver</dt><dd>simulation (virtual time)</dd>
<dt>generator</dt><dd>never late, by construction</dd>
<dt>balancer’s CPU</dt><dd>not applicable</dd>
<dt>recording</dt><dd>${
    folded === 0
      ? 'a row for every request'
      : `${folded} of ${plural(run.trials.length, 'trial')} folded as ${folded === 1 ? 'it' : 'they'} came, with more requests than a recording keeps rows: counts, means and maxima are exact, percentiles within 0.05%, those over time within 0.8%`
  }</dd>
<dt>seed</dt><dd>${String(run.seed)}</dd>
</dl></section>`;
}

export function environmentSection(report: Report): Markup {
  const { run } = report;
  if (run.driver === 'simulation') return simulatedSection(report);
  const { environment: it, timing, startedAt } = run;
  const memory = `${(it.memoryBytes / 2 ** 30).toFixed(1)} GiB`;
  return html`<section><h2>Measured on</h2>
<dl>
<dt>driver</dt><dd>${run.driver}${it.docker !== undefined && `, Docker ${it.docker}`}</dd>
<dt>machine</dt><dd>${it.cpus} × ${it.cpuModel}, ${memory}, ${it.platform}, kernel ${it.kernel}</dd>
<dt>load average</dt><dd>${it.loadAverage.toFixed(2)} when it began</dd>
<dt>versions</dt><dd>Steelyard ${it.steelyard}, Node ${it.node}</dd>
${startedAt !== undefined && html`<dt>began</dt><dd><time datetime="${startedAt}">${startedAt}</time></dd>`}
${timing !== undefined && html`<dt>took</dt><dd>${milliseconds(timing.wallMs)}, ${percent(timing.overhead)} of it outside the load windows</dd>`}
<dt>run</dt><dd>${run.id}</dd>
</dl></section>`;
}

/** An argument as a POSIX shell takes it. */
export function shellWord(text: string): string {
  return /^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** The command that runs this again. A simulation has a command of its own; `--seed` pairs the requests. */
export function command({ run }: Report): string {
  const { driver, scenario, seed, source } = run;
  return [
    ...(driver === 'simulation' ? ['steelyard', 'simulate'] : ['steelyard', 'run']),
    source.file,
    ...(driver === 'simulation' ? [] : ['--driver', driver]),
    ...['--contenders', run.contenders.map(({ name }) => name).join(',')],
    ...['--rounds', String(scenario.rounds), '--seed', String(seed)],
    ...source.sets.flatMap((set) => ['--set', set]),
  ]
    .map(shellWord)
    .join(' ');
}

export function reproduceSection(report: Report): Markup {
  return html`<section><h2>Run it again</h2>
<pre><code>npx ${command(report)}</code></pre>
<details><summary>The scenario, as it was written (${plural(report.run.source.text.split('\n').length, 'line')})</summary><pre><code>${report.run.source.text}</code></pre></details>
</section>`;
}
