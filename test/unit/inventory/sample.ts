import { checkInventory, type CheckedInventory } from '../../../src/inventory/load.ts';
import { networkPlugins } from '../../../src/network/network.ts';
import type { Inventory } from '../../../src/inventory/model.ts';
import type { Problem } from '../../../src/inventory/problem.ts';

/** The smallest inventory. */
export const smallest = `cluster:
  name: one
hosts:
  - name: a
    address: 192.0.2.11
`;

/** An inventory with more keys below `cluster` (written without indentation), and hosts of its own. */
export function inventoryWith(cluster: string, hosts = '- { name: a, address: 192.0.2.11 }'): string {
  return `cluster:\n  name: one\n${indent(cluster)}hosts:\n${indent(hosts)}`;
}

export function check(text: string): CheckedInventory {
  return checkInventory(text, '/work/inventory.yaml', networkPlugins);
}

/** @throws Error with the problems' codes where the text has mistakes. */
export function resolved(text: string): Inventory {
  const result = check(text);
  if ('inventory' in result) return result.inventory;
  throw new Error(result.problems.map((problem) => `${problem.code} ${problem.message}`).join('\n'));
}

export function problemsOf(text: string): readonly Problem[] {
  const result = check(text);
  return 'problems' in result ? result.problems : [];
}

/** Codes with the place of each: `CODE 3:5 path`. */
export function summary(problems: readonly Problem[]): readonly string[] {
  return problems.map(({ code, position, path }) => `${code} ${position.line}:${position.column} ${path}`.trim());
}

function indent(text: string): string {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => `  ${line}\n`)
    .join('');
}
