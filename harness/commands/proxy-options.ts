/** What may stand after `steelyard proxy`, as overrides of a balancer's file. */
import { parseDocument } from 'yaml';
import { type Override, parseSet } from '../../scenarios/overrides.ts';
import { ScenarioError } from '../../scenarios/problem.ts';
import { show } from '../../scenarios/show.ts';
import { didYouMean } from '../../scenarios/suggest.ts';

export interface ProxyOptions {
  config?: string;
  listen?: string;
  strategy?: string;
  backend: string[];
  option: string[];
  layer?: string;
  admin?: string;
  adminHost: string[];
  adminTokenFile?: string;
  accessLog?: string;
  drain?: string;
  seed?: string;
  set: string[];
}

/** In the order in which they are laid over the file. Throws a `ScenarioError` that names the option. */
export function overridesOf(options: ProxyOptions): Override[] {
  const { listen, strategy, backend, option, layer, admin, adminHost, adminTokenFile } = options;
  const { accessLog, drain, seed, set } = options;
  const plain = (path: string, value: unknown, flag: string): Override[] =>
    value === undefined ? [] : [{ path: path.split('.'), value, option: `${flag} ${value}` }];
  return [
    ...set.map(parseSet),
    ...plain('listen', listen, '--listen'),
    ...plain('strategy', strategy, '--strategy'),
    ...option.map(strategyOption),
    ...(backend.length === 0 ? [] : [{ path: ['backends'], value: [], option: '--backend' }]),
    ...backend.map((text, i) => ({
      path: ['backends', i],
      value: backendOf(text),
      option: `--backend ${text}`,
    })),
    ...plain('layer', numberOr(layer), '--layer'),
    ...plain('admin.listen', admin, '--admin'),
    ...plain('admin.hosts', adminHost.length > 0 ? adminHost : undefined, '--admin-host'),
    ...plain('admin.tokenFile', adminTokenFile, '--admin-token-file'),
    ...plain('accessLog', accessLog, '--access-log'),
    ...plain('drain', drain === '0' ? 0 : drain, '--drain'),
    ...plain('seed', numberOr(seed), '--seed'),
  ];
}

const numberOr = (text: string | undefined): unknown =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : text;

const refusal = (where: string, message: string) => new ScenarioError([{ where, path: [], message }]);

/** `choices=3`: the value is YAML, as in a file. */
function strategyOption(text: string): Override {
  const option = `--option ${text}`;
  const [, key, value] = /^([A-Za-z][A-Za-z0-9]*)=(.*)$/s.exec(text) ?? [];
  if (key === undefined || value === undefined)
    throw refusal(option, 'expected name=value, such as choices=3');
  const document = parseDocument(value, { prettyErrors: false });
  const [fault] = document.errors;
  if (fault !== undefined) throw refusal(option, `expected a value in YAML, got: ${fault.message}`);
  return { path: ['options', key], value: document.toJS(), option };
}

const parts = ['weight', 'zone', 'id'];

/** `http://10.0.0.7:8080,weight=2,zone=eu,id=a`. */
function backendOf(text: string): unknown {
  const [url, ...rest] = text.split(',');
  if (rest.length === 0) return url;
  const fields = rest.map((part): [string, unknown] => {
    const [, key = part, value] = /^([^=]*)=(.*)$/.exec(part) ?? [];
    if (!parts.includes(key) || value === undefined)
      throw refusal(
        `--backend ${text}`,
        `expected URL,weight=2,zone=eu,id=a, got ${show(part)} in it${didYouMean(key, parts)}`,
      );
    const isNumber = key === 'weight' && value.trim() !== '' && !Number.isNaN(Number(value));
    return [key, isNumber ? Number(value) : value];
  });
  return { url, ...Object.fromEntries(fields) };
}
