/** Flag of a parameter: `nTopGenes` -\> `--n-top-genes`, `C` -\> `--c`. */
export function flagName(parameter: string): string {
  const words = parameter.replace(/([A-Z])/g, '-$1').replace(/^-/, '');
  return `--${words.toLowerCase()}`;
}
