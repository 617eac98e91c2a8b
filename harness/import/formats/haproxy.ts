/**
 * HAProxy's `option httplog`, with or without syslog's head: the time a request came, timers TR/Tw/Tc/Tr/Ta. What the server
 * took is Tr, to its response's head, as the rest waits for the client too.
 */
import { define } from '../format.ts';
import { addressOf, attemptsOf, failureOf } from '../haproxy-line.ts';
import { ncsaTime } from '../moment.ts';
import { requestLine } from '../request-line.ts';

const line =
  /(?:^|\s)(\S+:\d+) \[([^\]]{20,40})\] (\S+) ([^\s/]+)\/(\S+) (-?\d+)\/(-?\d+)\/(-?\d+)\/(-?\d+)\/\+?(\d+) (-?\d+) \+?(\d+) \S+ \S+ (\S{4}) \d+\/\d+\/\d+\/\d+\/\+?\d+ \d+\/\d+ (?:\{[^}]*\} ){0,2}"(.*)/;

export default define({
  about: 'HAProxy: option httplog',
  line: (text) => {
    const found = line.exec(text);
    if (found === null) return 'does not have the fields of httplog';
    const [, peer, date, , pool, server, tr, tw, tc, response, all, code, bytes, state, quoted] = found;
    const at = ncsaTime(date!);
    if (at === undefined) return `expected a time, got ${JSON.stringify(date!.slice(0, 40))}`;
    const status = Math.max(0, Number(code));
    const took = Number(all);
    const failure = failureOf(state!, status);
    const served =
      Number(response) >= 0 ? Number(response) : took - Math.max(0, Number(tr)) - Math.max(0, Number(tw));
    const asked = requestLine(quoted!.replace(/"\s*$/, ''));
    return {
      stamp: at + took,
      blur: 0,
      at,
      took,
      status,
      client: addressOf(peer!),
      user: undefined,
      method: asked?.method,
      target: asked?.target,
      host: undefined,
      body: undefined,
      answer: Number(bytes),
      attempts: attemptsOf(pool!, server!, served + Math.max(0, Number(tc)), status, failure),
    };
  },
});
