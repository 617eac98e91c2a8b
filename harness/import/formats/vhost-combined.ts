/** Apache's vhost_combined, as Debian writes it: the virtual host and its port before a combined line. */
import { define } from '../format.ts';
import { nginxRequest } from '../nginx-line.ts';
import { cut, templateOf } from '../template.ts';
import { combined } from './combined.ts';

const template = templateOf(`$host:$server_port ${combined}`);

export default define({
  about: 'Apache vhost_combined: host:port before a combined line',
  line: (text) => {
    const found = cut(template, text);
    if (typeof found === 'string') return found;
    if (!/^\d{1,5}$/.test(found.values.get('server_port') ?? '')) return 'does not begin with host:port';
    return nginxRequest((name) => found.values.get(name));
  },
});
