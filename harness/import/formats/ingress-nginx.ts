/** What the Kubernetes ingress controller of nginx writes by default. https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/log-format/ */
import { define } from '../format.ts';
import { nginxRequest } from '../nginx-line.ts';
import { cut, templateOf } from '../template.ts';
import { combined } from './combined.ts';

const template = templateOf(
  `${combined} $request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name] ` +
    '$upstream_addr $upstream_response_length $upstream_response_time $upstream_status $req_id',
);

export default define({
  about: 'ingress-nginx by default',
  line: (text) => {
    const found = cut(template, text);
    return typeof found === 'string' ? found : nginxRequest((name) => found.values.get(name));
  },
});
