import type { Resource } from '../../resources/define.ts';
import { editText } from '../../resources/replace-text.ts';
import { rawShell, sh } from '../../shell/sh.ts';
import { kubeconfigs, kubePki } from '../paths.ts';

/**
 * Keeps the kubelet's own kubeconfig at the file of the authorities, which is an input of the unit: the kubelet writes it once when it joins, and one that
 * holds a copy knows none that came later. Absent before the join.
 */
export const kubeletTrust: Resource<string> = {
  id: `kubelet-trust:${kubeconfigs.kubelet}`,
  probe: sh`[ ! -e ${kubeconfigs.kubelet} ] || sed -n -E 's/^ *certificate-authority-data:.*/a copy/p; s/^ *certificate-authority: *//p' ${kubeconfigs.kubelet}`,
  parse: (output) => output.trim(),
  diff: (from) =>
    from === '' || from === kubePki.ca
      ? []
      : [{ path: 'certificate-authority', from, to: kubePki.ca, effect: 'update' }],
  apply: {
    script: editText(
      sh`${kubeconfigs.kubelet}`,
      rawShell(`'s#^( *)certificate-authority(-data)?:.*#\\1certificate-authority: ${kubePki.ca}#'`),
    ),
  },
};
