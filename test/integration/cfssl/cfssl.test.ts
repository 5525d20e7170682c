// One file for vitest, so that cfssl is built once and not by each of several workers.
import './compare.ts';
import './chains.ts';
import './elsewhere.ts';
import './output.ts';
