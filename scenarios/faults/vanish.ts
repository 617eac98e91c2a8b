/** The host is off the network: nothing is refused and nothing answers, packets are gone. Only a timeout tells. */
import { defineHost } from './fault.ts';

export default defineHost({ about: 'host off the network: silence, connects time out', options: {} });
