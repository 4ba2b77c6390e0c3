/** The gateway's sentences by their codes; its own English ones are in gateway.en.json. */
export const sentences: Readonly<Record<string, string>> = {};
