import { expect, test } from "vitest";
import { remoteKeys } from "../../src/server.js";
import { json, makePair, serve } from "./helpers.js";

const first = makePair();
const second = makePair("EdDSA");

/** A server with keys, and a clock beside it. */
async function setUp(...pairs: { jwk: unknown }[]) {
  const seen = { fetches: 0, keys: pairs.map((p) => p.jwk) as unknown[], status: 200, now: 0 };
  const url = await serve((_, response) => {
    seen.fetches++;
    json(response, seen.status, { keys: seen.keys });
  });
  return { seen, find: remoteKeys(`${url}/jwks.json`, { now: () => seen.now }) };
}

test("keys are fetched once for many tokens, and again after five minutes", async () => {
  const { seen, find } = await setUp(first);
  const found = await Promise.all([find(first.kid), find(first.kid), find(first.kid)]);
  expect(found.map((key) => key?.algorithm)).toEqual(["ES256", "ES256", "ES256"]);
  seen.now = 299_999;
  await find(first.kid);
  expect(seen.fetches).toBe(1);
  seen.now = 300_000;
  seen.keys = [second.jwk];
  expect(await find(first.kid)).toBeNull(); // it was taken out
  expect(seen.fetches).toBe(2);
});

test("a new key is found at once, when the last fetch was ten seconds ago", async () => {
  const { seen, find } = await setUp(first);
  await find(first.kid);
  seen.keys.push(second.jwk);
  seen.now = 10_000;
  expect((await find(second.kid))?.algorithm).toBe("EdDSA");
});

test("attack: a flood of made-up key ids makes one fetch in ten seconds", async () => {
  const { seen, find } = await setUp(first);
  await find(first.kid);
  for (let i = 0; i < 50; i++) expect(await find(`made-up-${i}`)).toBeNull();
  expect(seen.fetches).toBe(1);
  seen.now = 10_000;
  await Promise.all(Array.from({ length: 50 }, (_, i) => find(`made-up-${i}`)));
  expect(seen.fetches).toBe(2);
});

test("when the keys cannot be fetched again, the old ones stay, and each pause has one attempt", async () => {
  const { seen, find } = await setUp(first);
  await find(first.kid);
  seen.status = 503;
  seen.now = 300_000;
  for (let i = 0; i < 5; i++) expect(await find(first.kid)).not.toBeNull();
  expect(seen.fetches).toBe(2);
});

test("before there are any keys, nobody can tell, and it is tried again later", async () => {
  const { seen, find } = await setUp(first);
  seen.status = 503;
  await expect(find(first.kid)).rejects.toMatchObject({ code: "unavailable", status: 503 });
  await expect(find(first.kid)).rejects.toMatchObject({ code: "unavailable" });
  seen.status = 200;
  seen.now = 10_000;
  expect(await find(first.kid)).not.toBeNull();
  expect(seen.fetches).toBe(2);
});

test("attack: a redirect to somebody else's keys is not followed", async () => {
  const evil = await serve((_, response) => json(response, 200, { keys: [second.jwk] }));
  const url = await serve((_, response) => response.writeHead(302, { Location: evil }).end());
  await expect(remoteKeys(url)(second.kid)).rejects.toMatchObject({ code: "unavailable" });
});

test("attack: an answer without end is not read to its end", async () => {
  const url = await serve((_, response) => {
    response.writeHead(200, { "Content-Type": "application/json" });
    const more = () => response.write("x".repeat(65_536)) && setImmediate(more);
    response.on("drain", more);
    more();
  });
  await expect(remoteKeys(url)(first.kid)).rejects.toMatchObject({
    cause: { message: "the answer is longer than 65536 bytes" },
  });
});

test.each(["http://auth.example.com/jwks.json", "https://user:pass@auth.example.com/", "ftp://auth.example.com/"])(
  "attack: keys from %s, where somebody on the way could choose them, are refused",
  (url) => {
    expect(() => remoteKeys(url)).toThrow("JWKS");
  },
);

test.each(["http://localhost:8080/k", "http://127.0.0.1/k", "http://[::1]/k", "http://auth.localhost/k"])(
  "%s is this machine",
  (url) => {
    expect(() => remoteKeys(url)).not.toThrow();
  },
);
