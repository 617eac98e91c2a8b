/**
 * A backend's load as a response header, in ORCA's text form (gRPC A51; "native HTTP" in the ORCA design): names of
 * `xds.data.orca.v3.OrcaLoadReport`, what that message has no field for under `named_metrics.`.
 *
 *   endpoint-load-metrics: TEXT cpu_utilization=0.304,rps_fractional=98.5,eps=0,named_metrics.in_flight=3,named_metrics.service_ms=9.8
 *
 * `cpu_utilization` is the share of workers that are busy: they are what this backend runs out of.
 */
import type { Load } from '../scenarios/load-meter.ts';

/** Three decimals tell what there is to tell, and short numbers are quickly written. */
const short = (value: number) => Math.round(value * 1000) / 1000;

export function loadHeader({ utilization, rate, errors, inFlight, serviceTime }: Load): string {
  return (
    `TEXT cpu_utilization=${short(utilization)},rps_fractional=${short(rate)},eps=${short(errors)},` +
    `named_metrics.in_flight=${inFlight},named_metrics.service_ms=${short(serviceTime)}`
  );
}
