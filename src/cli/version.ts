/** As in package.json. */
export const k8supVersion = '0.1.0';
