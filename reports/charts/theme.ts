/**
 * One look for every chart. Colours are Okabe and Ito's (told apart by every kind of colour vision) written as CSS variables with the
 * light value as fallback: the page sets them for light and dark, and an SVG on its own still has colours.
 * Never by colour alone: dash, shape or place says the same again.
 */
import type { Spec } from './chart.ts';

export const color = {
  blue: 'var(--blue, #0072B2)',
  vermilion: 'var(--vermilion, #D55E00)',
  green: 'var(--green, #009E73)',
  pink: 'var(--pink, #CC79A7)',
  orange: 'var(--orange, #E69F00)',
  sky: 'var(--sky, #56B4E9)',
  ink: 'var(--ink, #1b1d20)',
  muted: 'var(--muted, #5c626b)',
  faint: 'var(--faint, #b9bec6)',
  grid: 'var(--grid, #e6e8eb)',
  band: 'var(--band, #f3e3d6)',
} as const;

export const series = [
  color.blue,
  color.orange,
  color.green,
  color.pink,
  color.sky,
  color.vermilion,
] as const;

export const size = { width: 360, height: 210 } as const;

const font = 'system-ui, sans-serif';

/** A panel of the common size around layers. */
export function panel(layers: readonly Spec[]): Spec {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    ...size,
    autosize: { type: 'fit', contains: 'padding' },
    padding: { left: 2, right: 10, top: 4, bottom: 2 },
    background: null,
    config: {
      aria: false,
      font,
      view: { stroke: null },
      axis: {
        ...{
          labelColor: color.muted,
          titleColor: color.muted,
          gridColor: color.grid,
          domainColor: color.faint,
        },
        ...{
          labelFontSize: 12,
          titleFontSize: 12,
          titleFontWeight: 400,
          tickColor: color.faint,
          labelPadding: 5,
        },
      },
      axisX: { grid: false, ticks: true, tickSize: 4, titlePadding: 6 },
      axisY: { domain: false, ticks: false },
      text: { font, fontSize: 12, color: color.ink },
    },
    layer: layers,
  };
}

/** The y axis' title stands level above the axis, where it reads without turning one's head. */
export function yAxis(title: string, more: Spec = {}): Spec {
  return {
    title,
    ...{
      titleAngle: 0,
      titleAlign: 'left',
      titleAnchor: 'start',
      titleBaseline: 'bottom',
      titleX: 0,
      titleY: -9,
    },
    ...more,
  };
}

/** Ticks of a log axis: 1, 2, 5 of each decade within the domain where it is short, else the decades. */
export function logTicks([low, high]: readonly [number, number]): number[] {
  const ticks: number[] = [];
  const steps = high / low > 200 ? [1] : high / low > 20 ? [1, 3] : [1, 2, 5];
  for (let decade = 10 ** Math.floor(Math.log10(low)); decade <= high; decade *= 10)
    for (const step of steps) {
      const tick = Number((decade * step).toPrecision(3));
      if (tick >= low && tick <= high) ticks.push(tick);
    }
  return ticks;
}

/** A log domain around positive values, widened to round figures. */
export function logDomain(values: readonly number[]): [number, number] {
  const positive = values.filter((value) => value > 0 && Number.isFinite(value));
  if (positive.length === 0) return [1, 10];
  const round = (value: number, up: boolean) => {
    const decade = 10 ** Math.floor(Math.log10(value));
    const steps = [1, 2, 3, 5, 10].map((step) => step * decade);
    return up
      ? steps.find((step) => step >= value * 0.999)!
      : steps.findLast((step) => step <= value * 1.001)!;
  };
  const low = round(
    positive.reduce((a, b) => Math.min(a, b)),
    false,
  );
  const high = round(
    positive.reduce((a, b) => Math.max(a, b)),
    true,
  );
  return [low, high > low ? high : low * 10];
}
