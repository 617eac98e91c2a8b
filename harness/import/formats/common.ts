/** NCSA common, of Apache and of many others: no durations and no backends. */
import { define } from '../format.ts';
import { nginxRequest } from '../nginx-line.ts';
import { cut, templateOf } from '../template.ts';

const template = templateOf(
  '$remote_addr $ident $remote_user [$time_local] "$request" $status $body_bytes_sent',
);

export default define({
  about: 'NCSA common: client, time, request, status, bytes',
  line: (text) => {
    const found = cut(template, text);
    if (typeof found === 'string') return found;
    if (found.rest !== '') return 'goes on after its bytes';
    return nginxRequest((name) => found.values.get(name));
  },
});
