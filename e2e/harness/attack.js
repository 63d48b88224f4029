// @ts-check
// What attackers' scripts do. Everything here runs in the page.

/**
 * Looks everywhere for tokens, as a script that got into the page (XSS), and answers all that it could read.
 * @param {import("playwright-core").Page} page @param {{ api: string, csrf: string, paths: string[] }} target @returns {Promise<string[]>}
 */
export function plunder(page, target) {
  return page.evaluate(async ({ api, csrf, paths }) => {
    /** @type {string[]} */
    const found = [];
    /** @param {() => unknown} look */
    const attempt = async (look) => {
      try {
        found.push(JSON.stringify(await look()) ?? "");
      } catch (error) {
        found.push(String(error));
      }
    };
    await attempt(() => document.cookie);
    await attempt(() => /** @type {any} */ (window).cookieStore.getAll());
    await attempt(() => [{ ...localStorage }, { ...sessionStorage }]);
    await attempt(() => indexedDB.databases());
    await attempt(() => caches.keys());
    await attempt(() => Object.getOwnPropertyNames(window).map((name) => String(/** @type {any} */ (window)[name])));
    /** @param {string} url @param {RequestInit} [init] */
    const read = async (url, init) => {
      const answer = await fetch(url, { credentials: "include", ...init });
      return [[...answer.headers], answer.headers.get("Set-Cookie"), await answer.text()];
    };
    for (const path of paths) await attempt(() => read(api + path));
    for (const path of ["/auth/refresh/", "/auth/session/", "/auth/csrf/"]) {
      const method = path.includes("refresh") ? "POST" : "GET";
      await attempt(() => read(api + path, { method, headers: { "X-CSRFToken": csrf } }));
    }
    for (const method of ["OPTIONS", "HEAD", "TRACE", "TRACK"])
      await attempt(() => read(`${api}/auth/session/`, { method }));
    await attempt(
      () =>
        new Promise((resolve, reject) => {
          const request = new XMLHttpRequest();
          request.withCredentials = true;
          request.open("POST", `${api}/auth/refresh/`);
          request.setRequestHeader("X-CSRFToken", csrf);
          request.onload = () =>
            resolve([request.getAllResponseHeaders(), request.getResponseHeader("Set-Cookie"), request.responseText]);
          request.onerror = reject;
          request.send();
        }),
    );
    for (const path of ["/auth/session/", "/auth/devices/"]) {
      const frame = document.createElement("iframe");
      frame.src = api + path;
      await new Promise((resolve) => {
        frame.onload = resolve;
        document.body.append(frame);
      });
      await attempt(() => [frame.contentDocument?.cookie, frame.contentDocument?.documentElement.innerHTML]);
    }
    await attempt(() => performance.getEntries());
    return found;
  }, target);
}

/**
 * Tries every unsafe operation in the name of whoever looks at the page (CSRF): by a form, by requests of all three types that
 * forms can have, and by fetch with and without cookies. Navigations are slow, so each operation gets one.
 * @param {import("playwright-core").Page} page @param {{ api: string, targets: { method: string, path: string }[] }} target
 */
export function forge(page, target) {
  return page.evaluate(async ({ api, targets }) => {
    const fields = {
      username: "alice",
      email: "mallory@evil.test",
      password: "a password of mallory's",
      re_password: "a password of mallory's",
      password1: "a password of mallory's",
      password2: "a password of mallory's",
      new_password: "a password of mallory's",
      new_password1: "a password of mallory's",
      new_password2: "a password of mallory's",
      current_password: "guessed",
      old_password: "guessed",
      new_username: "mallory",
      new_email: "mallory@evil.test",
      uid: "1",
      token: "x",
      key: "1:x",
      refresh: "x",
      user: "alice",
      access_token: "",
      label: "mallory's",
      action: "all",
      first_name: "Mallory",
    };
    /** @param {HTMLIFrameElement} frame @param {string} url */
    const submit = (frame, url) =>
      new Promise((resolve) => {
        const form = document.createElement("form");
        Object.assign(form, { method: "post", action: url, target: frame.name });
        for (const [name, value] of Object.entries(fields)) {
          const input = document.createElement("input");
          Object.assign(input, { type: "hidden", name, value });
          form.append(input);
        }
        document.body.append(form);
        frame.onload = resolve;
        HTMLFormElement.prototype.submit.call(form);
        form.remove();
      });
    const json = JSON.stringify(fields);
    const text = { "Content-Type": "text/plain" };
    const multipart = new FormData();
    for (const [name, value] of Object.entries(fields)) multipart.set(name, value);
    /** @param {string} method @returns {RequestInit[]} */
    const fetches = (method) => [
      { method, body: json, headers: { "Content-Type": "application/json" }, credentials: "include" },
      { method, body: json, headers: { "Content-Type": "application/json" }, credentials: "omit" },
      { method, body: json, headers: { "X-CSRFToken": "a".repeat(32) }, credentials: "include" },
      ...(method !== "POST"
        ? []
        : /** @type {RequestInit[]} */ ([
            { method, body: json, headers: text, mode: "no-cors", credentials: "include" },
            { method, body: multipart, mode: "no-cors", credentials: "include" },
            { method, body: new URLSearchParams(fields), mode: "no-cors", credentials: "include" },
            { method, body: new URLSearchParams(fields), mode: "no-cors", credentials: "omit" },
            { method, mode: "no-cors", credentials: "include", keepalive: true },
          ])),
    ];
    // A few frames at work, each of which takes the next target when it is done.
    const work = async (/** @type {unknown} */ _, /** @type {number} */ n) => {
      const frame = document.createElement("iframe");
      frame.name = `frame${n}`;
      document.body.append(frame);
      for (let target = targets.pop(); target; target = targets.pop()) {
        const { method } = target;
        const url = api + target.path;
        const sent = fetches(method).map((init) => fetch(url, init).catch(() => {}));
        if (method === "POST") {
          navigator.sendBeacon(url, new URLSearchParams(fields));
          await submit(frame, url);
        }
        await Promise.all(sent);
      }
    };
    await Promise.all(Array.from({ length: 6 }, work));
  }, target);
}
