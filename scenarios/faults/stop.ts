/** SIGTERM, as in a deployment: takes no new connections, fails its health check, finishes what is in flight, leaves. */
import { defineHost } from './fault.ts';

export default defineHost({ about: 'graceful end, as in a deployment: drains, then is gone', options: {} });
