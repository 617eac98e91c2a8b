/** From a Vega-Lite spec to SVG text, without a canvas or a browser. Vega is loaded on first use: it takes a while, and few commands draw. */
import type { Spec } from '../charts/chart.ts';
import { escapeHtml } from './markup.ts';

/** @param label what a screen reader says instead of the picture @param warn told of whatever Vega-Lite finds odd in a spec */
export async function renderSvg(
  spec: Spec,
  label: string,
  warn: (message: string) => void = () => undefined,
): Promise<string> {
  const [vega, lite] = await Promise.all([import('vega'), import('vega-lite')]);
  const logger = {
    level: () => logger,
    error: (...args: readonly unknown[]) => said(args),
    warn: (...args: readonly unknown[]) => said(args),
    info: () => logger,
    debug: () => logger,
  };
  const said = (args: readonly unknown[]) => {
    warn(args.map(String).join(' '));
    return logger;
  };
  const compiled = lite.compile(spec as unknown as Parameters<typeof lite.compile>[0], {
    logger: logger as unknown as NonNullable<NonNullable<Parameters<typeof lite.compile>[1]>['logger']>,
  });
  const view = new vega.View(vega.parse(compiled.spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return slim(svg, label);
}

/** Numbers the clip paths from one again, so that the same report is the same bytes. */
export async function resetIds(): Promise<void> {
  const vega = (await import('vega')) as unknown as { resetSVGDefIds(): void };
  vega.resetSVGDefIds();
}

/** A picture with a name; without what draws nothing, and with coordinates to a tenth of a pixel. */
function slim(svg: string, label: string): string {
  return svg
    .replace(
      /^<svg [^>]*?(viewBox="[^"]*")[^>]*>/,
      `<svg xmlns="http://www.w3.org/2000/svg" $1 role="img" aria-label="${escapeHtml(label)}">`,
    )
    .replace(/<path class="(?:background|foreground)"[^>]*\/>/g, '')
    .replace(/<(text|line)[^>]*opacity="0"[^>]*(?:\/>|>[^<]*<\/text>)/g, '')
    .replace(/ (?:class|aria-hidden|pointer-events)="[^"]*"/g, '')
    .replace(/ (?:fill-|stroke-)?opacity="1"/g, '')
    .replace(/(\d+\.\d)\d+/g, '$1');
}
