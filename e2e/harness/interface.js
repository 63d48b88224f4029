// @ts-check

/**
 * Every operation that the server says it has: the interface document's own words.
 * @param {string} url @returns {Promise<{ method: string, path: string }[]>}
 */
export async function operations(url) {
  const document = await (await fetch(`${url}/openapi.json`)).json();
  return Object.entries(document.paths).flatMap(([path, item]) =>
    ["get", "post", "put", "patch", "delete"]
      .filter((method) => method in /** @type {object} */ (item))
      .map((method) => ({ method: method.toUpperCase(), path: path.replace(/\{\w+\}/g, "1") })),
  );
}
