import type { Span } from './result.ts';

const columns = 100;
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** A line a host, a column a slice of time, a letter what it did most of then: where the time went. */
export function timelineText(spans: readonly Span[]): string {
  const end = Math.max(1, ...spans.map(({ toMs }) => toMs));
  const texts = [...new Set(spans.map(({ text }) => text))];
  const hosts = [...new Set(spans.map(({ host }) => host))];
  const width = Math.max(...hosts.map(({ length }) => length));
  const letter = (text: string): string => letters[texts.indexOf(text) % letters.length] ?? '?';
  const lines = hosts.map((host) => {
    const own = spans.filter((span) => span.host === host);
    const cells = Array.from({ length: columns }, (_, column) => {
      const [from, to] = [(column * end) / columns, ((column + 1) * end) / columns];
      const share = ({ fromMs, toMs }: Span): number => Math.min(to, toMs) - Math.max(from, fromMs);
      const [most] = own.filter((span) => share(span) > 0).sort((a, b) => share(b) - share(a));
      return most === undefined ? '.' : letter(most.text);
    });
    return `${host.padEnd(width)} ${cells.join('')}`;
  });
  const total = (text: string): string => {
    const own = spans.filter((span) => span.text === text);
    const from = Math.min(...own.map(({ fromMs }) => fromMs));
    const to = Math.max(...own.map(({ toMs }) => toMs));
    return `${letter(text)} ${text}: ${(from / 1000).toFixed(1)} s to ${(to / 1000).toFixed(1)} s`;
  };
  const scale = `${''.padEnd(width)} 0 s${`${(end / 1000).toFixed(1)} s`.padStart(columns - 3)}`;
  return ['', '```text', ...lines, scale, '', ...texts.map(total), '```', ''].join('\n');
}
