/**
 * A reader of OpenMetrics 1.0 that takes what the specification's ABNF and its rules for each type allow, and nothing else.
 * It shares no line with what writes.
 */

export interface ReadFamily {
  type: string;
  unit?: string;
  help?: string;
  samples: { name: string; labels: Record<string, string>; value: number }[];
}

const suffixes: Record<string, readonly string[]> = {
  counter: ['_total', '_created'],
  gauge: [''],
  histogram: ['_bucket', '_count', '_sum', '_created'],
  info: ['_info'],
  stateset: [''],
};
const metadata = /^# (TYPE|UNIT|HELP) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/;
const sampleLine = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const label = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,(?!$)|$)/;
const realNumber = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$|^[+-]?inf(?:inity)?$|^nan$/i;

/** Families by name. Throws an Error that names the line and the rule it breaks. */
export function readOpenMetrics(text: string): Map<string, ReadFamily> {
  const families = new Map<string, ReadFamily>();
  if (!text.endsWith('\n# EOF\n')) throw new Error('expected `# EOF` and a line feed at the end');
  const lines = text.slice(0, -'# EOF\n'.length).split('\n').slice(0, -1);
  let current = '';
  const enter = (name: string): ReadFamily => {
    if (name !== current && families.has(name)) throw new Error(`family ${name} is interrupted by another`);
    current = name;
    const family = families.get(name) ?? { type: 'unknown', samples: [] };
    families.set(name, family);
    return family;
  };
  for (const line of lines) {
    const wrong = (rule: string) => new Error(`${rule}: ${JSON.stringify(line)}`);
    if (line.startsWith('#')) {
      const [, what, name, value] = metadata.exec(line) ?? [];
      if (what === undefined) throw wrong('expected TYPE, UNIT or HELP');
      const family = enter(name!);
      if (family.samples.length > 0) throw wrong('metadata after samples');
      if (what === 'TYPE') {
        if (family.type !== 'unknown' || !Object.hasOwn(suffixes, value!))
          throw wrong('a type once, and one there is');
        family.type = value!;
      } else if (what === 'UNIT') {
        if (family.unit !== undefined || !name!.endsWith(`_${value}`))
          throw wrong('a unit once, as the end of the name');
        family.unit = value!;
      } else {
        if (family.help !== undefined || /(?<!\\)(?:\\\\)*(?:"|\\(?![\\"n]))/.test(value!))
          throw wrong('a help once, escaped');
        family.help = value!;
      }
      continue;
    }
    const [, name, inner = '', value] = sampleLine.exec(line) ?? [];
    if (name === undefined) throw wrong('expected a sample');
    if (!realNumber.test(value!)) throw wrong('expected a number');
    const family = families.get(current);
    if (family === undefined || !suffixes[family.type]?.some((it) => current + it === name))
      throw wrong(`expected a sample of ${current} with a suffix of its type`);
    family.samples.push({ name, labels: labelsOf(inner, wrong), value: numberOf(value!) });
  }
  for (const [name, family] of families) checkFamily(name, family);
  return families;
}

const numberOf = (text: string): number =>
  /inf/i.test(text) ? (text.startsWith('-') ? -Infinity : Infinity) : Number(text);

function labelsOf(inner: string, wrong: (rule: string) => Error): Record<string, string> {
  const labels: Record<string, string> = {};
  for (let rest = inner; rest !== ''; ) {
    const [whole, name, value] = label.exec(rest) ?? [];
    if (whole === undefined) throw wrong('expected labels');
    if (Object.hasOwn(labels, name!)) throw wrong('a label twice');
    labels[name!] = value!.replaceAll(/\\([\\"n])/g, (_, it) => (it === 'n' ? '\n' : it));
    rest = rest.slice(whole.length);
  }
  return labels;
}

function checkFamily(name: string, { type, samples }: ReadFamily): void {
  const keys = samples.map((it) => `${it.name} ${JSON.stringify(Object.entries(it.labels).sort())}`);
  if (new Set(keys).size !== keys.length) throw new Error(`${name}: a sample twice`);
  for (const { value, labels } of samples) {
    if (type === 'counter' && !(value >= 0)) throw new Error(`${name}: a counter of ${value}`);
    if (type === 'info' && value !== 1) throw new Error(`${name}: an info of ${value}`);
    if (type === 'stateset' && !((value === 0 || value === 1) && Object.hasOwn(labels, name)))
      throw new Error(`${name}: a state of ${value}, or without its label`);
  }
  if (type === 'histogram') checkHistogram(name, samples);
}

/** Of each label set: buckets in ascending order, cumulative, up to +Inf, which is the count; all of it together. */
function checkHistogram(name: string, samples: ReadFamily['samples']): void {
  const sets = new Map<string, ReadFamily['samples']>();
  let last = '';
  for (const it of samples) {
    const { le: _, ...rest } = it.labels;
    const key = JSON.stringify(rest);
    if (key !== last && sets.has(key)) throw new Error(`${name}: samples of ${key} are apart`);
    last = key;
    sets.set(key, [...(sets.get(key) ?? []), it]);
  }
  for (const [key, set] of sets) {
    const buckets = set.filter((it) => it.name.endsWith('_bucket'));
    const ends = buckets.map(({ labels }) => numberOf(labels.le!.replace('+', '')));
    if (ends.at(-1) !== Infinity) throw new Error(`${name} ${key}: no +Inf`);
    if (ends.some((end, i) => i > 0 && !(end > ends[i - 1]!)))
      throw new Error(`${name} ${key}: ends in disorder`);
    if (buckets.some(({ value }, i) => i > 0 && value < buckets[i - 1]!.value))
      throw new Error(`${name} ${key}: not cumulative`);
    const count = set.find((it) => it.name.endsWith('_count'))?.value;
    if (count !== buckets.at(-1)!.value) throw new Error(`${name} ${key}: count ${count}`);
    if (set.filter((it) => it.name.endsWith('_sum')).length !== 1) throw new Error(`${name} ${key}: one sum`);
  }
}
