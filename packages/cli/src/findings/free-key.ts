/**
 * A key under which nothing of the user's is replaced: the usual one, or, where the data have
 * something of that name, the usual one with the model's name behind it.
 */
export function freeKey(
  taken: { has(key: string): boolean },
  key: string,
  { model, tell }: { readonly model: string; readonly tell: (text: string) => void },
): string {
  if (!taken.has(key)) return key;
  const own = `${key}_${model}`;
  tell(`the data have "${key}" already and keep it; that of ${model} is "${own}"`);
  return own;
}
