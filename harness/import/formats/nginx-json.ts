/** nginx with a `log_format` of JSON whose keys are its own variables' names: `{"msec":"1.234","upstream_addr":"…"}`. */
import { define } from '../format.ts';
import { jsonLine } from '../json-line.ts';
import { nginxRequest } from '../nginx-line.ts';

export default define({
  about: "nginx: JSON under the names of nginx's variables",
  line: (text) => {
    const fields = jsonLine(text);
    if (typeof fields === 'string') return fields;
    if (!['msec', 'time_local', 'time_iso8601'].some((name) => name in fields)) return 'has no time of nginx';
    return nginxRequest((name) => {
      const value = fields[name];
      return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
    });
  },
});
