/** HAProxy's `option tcplog`: a line a connection, with timers Tw/Tc/Tt. */
import { define } from '../format.ts';
import { addressOf, attemptsOf, failureOf } from '../haproxy-line.ts';
import { ncsaTime } from '../moment.ts';

const line =
  /(?:^|\s)(\S+:\d+) \[([^\]]{20,40})\] (\S+) ([^\s/]+)\/(\S+) (-?\d+)\/(-?\d+)\/\+?(\d+) \+?(\d+) (\S{2}) \d+\/\d+\/\d+\/\d+\/\+?\d+ \d+\/\d+\s*$/;

export default define({
  about: 'HAProxy: option tcplog',
  line: (text) => {
    const found = line.exec(text);
    if (found === null) return 'does not have the fields of tcplog';
    const [, peer, date, , pool, server, tw, , all, bytes, state] = found;
    const at = ncsaTime(date!);
    if (at === undefined) return `expected a time, got ${JSON.stringify(date!.slice(0, 40))}`;
    const took = Number(all);
    return {
      stamp: at + took,
      blur: 0,
      at,
      took,
      status: 0,
      client: addressOf(peer!),
      user: undefined,
      method: undefined,
      target: undefined,
      host: undefined,
      body: undefined,
      answer: Number(bytes),
      attempts: attemptsOf(pool!, server!, took - Math.max(0, Number(tw)), 0, failureOf(state!, 0)),
    };
  },
});
