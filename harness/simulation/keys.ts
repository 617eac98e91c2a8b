/** Where `balancer.key` finds the affinity key of a request: what the proxy reads off the bytes, read off what they are made of. */
import { headers } from '../../scenarios/headers.ts';
import type { RequestShape } from '../../scenarios/request-shape.ts';
import { cookieIn } from '../proxy/cookies.ts';

export interface Keyed {
  readonly key: string;
  readonly client: string;
  readonly region?: string | undefined;
}

/** Undefined where the key is the one that the load draws, as it is unless somebody says otherwise. */
export function keyReader(setting: string): ((request: Keyed, shape: RequestShape) => string) | undefined {
  if (setting === 'client') return ({ client }) => client;
  const [kind = '', given = ''] = setting.split(/:(.*)/s);
  const name = kind === 'cookie' ? 'cookie' : given.toLowerCase();
  if (name === headers.key) return undefined;
  if (name === headers.client) return ({ client }) => client;
  if (name === headers.region) return ({ region }) => region ?? '';
  return (_, shape) => {
    const found = Object.entries(shape.headers ?? {}).find(([it]) => it.toLowerCase() === name)?.[1] ?? '';
    return kind === 'cookie' ? (cookieIn(found, given) ?? '') : found;
  };
}
