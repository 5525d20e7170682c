const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Go's time.Duration holds 2^63 - 1 nanoseconds, about 292 years. */
const limitMs = 2 ** 63 / 1e6;

/**
 * Milliseconds of a duration as Go writes it: `8760h`, `1h30m`, `1.5h`.
 *
 * @returns undefined for what Go's time.ParseDuration refuses, and for zero and less, which no certificate can live.
 */
export function parseDuration(text: string): number | undefined {
  if (!/^\+?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return undefined;
  const parts = text.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g);
  const total = [...parts].reduce((sum, [, value = '', unit = '']) => sum + Number(value) * (unitMs[unit] ?? 0), 0);
  return total > 0 && total < limitMs ? total : undefined;
}
