// @ts-check
/**
 * Calls the server from the page, as its own script would.
 * @param {import("playwright-core").Page} page @param {string} method @param {string} url @param {{ body?: object, csrf?: string, bearer?: string, keepalive?: boolean }} [more]
 */
export function call(page, method, url, more = {}) {
  return page.evaluate(
    async ({ method, url, body, csrf, bearer, keepalive }) => {
      /** @type {Record<string, string>} */
      const headers = { Accept: "application/json" };
      if (body) headers["Content-Type"] = "application/json";
      if (csrf) headers["X-CSRFToken"] = csrf;
      if (bearer) headers.Authorization = `Bearer ${bearer}`;
      const answer = await fetch(url, {
        method,
        headers,
        body: body && JSON.stringify(body),
        credentials: "include",
        keepalive,
      });
      const text = await answer.text();
      return {
        status: answer.status,
        headers: Object.fromEntries(answer.headers),
        body: text ? JSON.parse(text) : null,
      };
    },
    { method, url, keepalive: false, ...more },
  );
}
