/** Names of obs, var and obsm under which analyses keep what they find. */
export {};
