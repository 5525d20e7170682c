import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('..', import.meta.url));

/** One file at a time: each boots a lab, and one cluster at a time is what two cores carry. */
const endToEnd = { root, testTimeout: 600_000, hookTimeout: 900_000, fileParallelism: false };

const limited = { testTimeout: 300_000, hookTimeout: 300_000, expect: { poll: { timeout: 60_000 } } };

export default defineConfig({
  root,
  test: {
    // Vitest leaves one core free by itself, which on two cores is half of them.
    maxWorkers: '100%',
    projects: [
      // Limits against tests that hang, far above what any needs: they run beside the lab with what is left of the cores.
      { test: { ...limited, name: 'unit', root, include: ['test/unit/**/*.test.ts'] } },
      { test: { ...limited, name: 'integration', root, include: ['test/integration/**/*.test.ts'] } },
      { test: { ...endToEnd, name: 'e2e', include: ['test/e2e/**/*.test.ts'], exclude: ['test/e2e/all/**'] } },
      { test: { ...endToEnd, name: 'e2e-all', include: ['test/e2e/all/**/*.test.ts'] } },
    ],
  },
});
