/**
 * nginx with what it knows of upstreams after a combined line, as `name=value` under nginx's own names or the usual short
 * ones: `rt=0.012 ua="10.0.0.1:80" us="200" urt="0.011"`.
 */
import { define } from '../format.ts';
import { nginxRequest } from '../nginx-line.ts';
import { cut, templateOf } from '../template.ts';
import { combined } from './combined.ts';

const template = templateOf(combined);

const shortNames: Readonly<Record<string, string>> = {
  rt: 'request_time',
  ua: 'upstream_addr',
  upstream: 'upstream_addr',
  us: 'upstream_status',
  ustatus: 'upstream_status',
  urt: 'upstream_response_time',
  uct: 'upstream_connect_time',
  uht: 'upstream_header_time',
  cl: 'content_length',
};

const named = /(?:^|\s)\$?([a-z_]{2,40})[=:]\s?(?:"([^"]*)"|([^\s",]+(?:, [^\s",]+)*))/g;

export default define({
  about: 'nginx: a combined line, then name=value of upstreams (rt=, ua=, us=, urt=, …)',
  line: (text) => {
    const found = cut(template, text);
    if (typeof found === 'string') return found;
    const { values, rest } = found;
    let told = 0;
    for (const [, name, quoted, bare] of rest.matchAll(named)) {
      values.set(shortNames[name!] ?? name!, (quoted ?? bare)!);
      told++;
    }
    if (told === 0) return 'nothing is told of upstreams after the combined line';
    return nginxRequest((name) => values.get(name));
  },
});
