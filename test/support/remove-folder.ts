import { rmSync } from 'node:fs';
import { vi } from 'vitest';

/**
 * Removes a folder into which a program that has just been ended, or a child of it, may still write. Node's own retries look for no new files: what is
 * written behind its look keeps the folder for ever.
 */
export async function removeFolder(folder: string): Promise<void> {
  await vi.waitFor(() => rmSync(folder, { recursive: true, force: true }), { timeout: 60_000, interval: 100 });
}
