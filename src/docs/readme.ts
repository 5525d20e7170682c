import { inventoryReference } from '../inventory/reference.ts';
import { networkPlugins } from '../network/network.ts';
import { causeReference } from './causes.ts';
import { certificateReference } from './certificates.ts';
import { commandReference } from './commands.ts';
import { exitCodeReference } from './exit-codes.ts';
import { k3sReference } from './k3s.ts';
import { speedReference } from './speed.ts';
import { supportReference } from './support.ts';
import { unsafeChangeReference } from './unsafe-changes.ts';

/** The parts of the README that are made from code, by the name in their markers. */
export const readmeParts: Readonly<Record<string, () => string>> = {
  commands: commandReference,
  proved: supportReference,
  'exit-codes': exitCodeReference,
  causes: causeReference,
  'unsafe-changes': unsafeChangeReference,
  certificates: certificateReference,
  speed: speedReference,
  k3s: k3sReference,
  inventory: () => inventoryReference(networkPlugins),
};

/**
 * The README with every made part written anew between its markers; what stands outside them is kept.
 *
 * @throws Error when a part's markers are not there exactly once.
 */
export function updateReadme(text: string): string {
  return Object.entries(readmeParts).reduce((readme, [name, make]) => {
    const [begin, end] = [`<!-- begin:${name} (made by npm run docs) -->`, `<!-- end:${name} -->`];
    const [before, rest, ...beyond] = readme.split(begin);
    const [, after, ...again] = rest?.split(end) ?? [];
    if (before === undefined || after === undefined || beyond.length + again.length > 0) {
      throw new Error(`README.md needs the markers of ${name} exactly once: ${begin} … ${end}`);
    }
    return `${before}${begin}\n\n${make().trimEnd()}\n\n${end}${after}`;
  }, text);
}
