/** NCSA combined, the default of nginx and Apache, with whatever may follow it: no durations and no backends. */
import { define } from '../format.ts';
import { nginxRequest } from '../nginx-line.ts';
import { cut, templateOf } from '../template.ts';

/** Its text, for formats that go on after it. */
export const combined =
  '$remote_addr $ident $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"';
const template = templateOf(combined);

export default define({
  about: 'NCSA combined: nginx and Apache by default',
  line: (text) => {
    const found = cut(template, text);
    return typeof found === 'string' ? found : nginxRequest((name) => found.values.get(name));
  },
});
