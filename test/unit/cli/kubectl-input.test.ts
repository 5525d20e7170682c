import { expect, it } from 'vitest';
import { readsInput } from '../../../src/cli/kubectl-input.ts';

it.each([
  'apply -f -',
  'apply -f-',
  'apply -f=-',
  'replace -Rf -',
  'apply --filename=-',
  'apply --filename -',
  'create secret generic x --from-file=/dev/stdin',
  'exec -i web -- cat',
  'exec -it web -- sh',
  'exec -ti web -- sh',
  'run x --rm --stdin --image y',
  'attach --stdin=true web',
])('reads it for: %s', (line) => expect(readsInput(line.split(' '))).toBe(true));

it.each([
  'get nodes',
  'get pods -owide',
  'get pods -o wide -n kube-system',
  'logs -f web',
  'apply -f a-file.yaml',
  'exec --stdin=false web -- ls',
  'exec web -- sed -i s/a/b/ /file',
  'exec web -- cat -',
])('leaves it alone for: %s', (line) => expect(readsInput(line.split(' '))).toBe(false));
